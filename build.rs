//! Prepares the files of Swagger UI: compresses them, and puts a hash of their content into their names, so that browsers can
//! keep them forever.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use utoipa_swagger_ui::Config;

/// Where our own files are.
const PAGE: &str = "src/api/docs/page";
/// The page, which refers to all other files.
const INDEX: &str = "index.html";
/// The icon as a data URL, which is also the icon of `/problems`.
const ICON: &str = "icon.url";
/// Our own files besides the page, with their media types.
const OWN: [(&str, &str); 1] = [("initializer.js", "text/javascript; charset=utf-8")];
/// The files of Swagger UI that the page needs, with their media types.
const SWAGGER_UI: [(&str, &str); 2] =
    [("swagger-ui.css", "text/css; charset=utf-8"), ("swagger-ui-bundle.js", "text/javascript; charset=utf-8")];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PAGE}");
    let directory = PathBuf::from(env::var("OUT_DIR")?);
    let mut index = fs::read_to_string(Path::new(PAGE).join(INDEX))?;
    index = index.replace(ICON, &fs::read_to_string(Path::new(PAGE).join(ICON))?);
    let mut list = format!("static FILES: [File; {}] = [\n", 1 + OWN.len() + SWAGGER_UI.len());
    let mut add = |name: &str, media_type: &str, content: &[u8]| {
        let path = directory.join(name);
        fs::write(&path, compress(content)?)?;
        let path = path.to_str().ok_or("OUT_DIR is not UTF-8")?;
        let content = format!("Gzip::from_static(include_bytes!({path:?}))");
        writeln!(list, "File {{ name: {name:?}, media_type: {media_type:?}, content: {content} }},")
            .map_err(Box::<dyn Error>::from)
    };
    for (name, media_type) in OWN {
        let content = fs::read(Path::new(PAGE).join(name))?;
        let hashed = hashed(name, &content);
        index = index.replace(name, &hashed);
        add(&hashed, media_type, &content)?;
    }
    for (name, media_type) in SWAGGER_UI {
        let file = utoipa_swagger_ui::serve(name, Arc::new(Config::from("")))?.ok_or(name)?;
        let hashed = hashed(name, &file.bytes);
        index = index.replace(name, &hashed);
        add(&hashed, media_type, &file.bytes)?;
    }
    add(INDEX, "text/html; charset=utf-8", index.as_bytes())?;
    fs::write(directory.join("swagger_ui.rs"), list + "];\n")?;
    Ok(())
}

/// `name` with a hash of `content` before its extension.
fn hashed(name: &str, content: &[u8]) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let hash = hex::encode(&Sha256::digest(content)[..8]);
    format!("{stem}.{hash}.{extension}")
}

fn compress(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}
