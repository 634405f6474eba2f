//! `/problems` as a page for people: an index by status, then every problem. Without scripts, so that the browser's own search
//! finds everything.

use std::fmt::Write as _;

use super::explanation::Explanation;

/// The page up to the explanations.
const HEAD: &str = concat!(
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
    "<title>CENTAGATE gateway: problems</title>\n<link rel=\"icon\" href=\"",
    include_str!("../docs/page/icon.url"),
    "\">\n<style>\n",
    include_str!("page.css"),
    "</style>\n</head>\n<body>\n<h1>Problems</h1>\n",
    "<p>Every error reply of the CENTAGATE gateway is a problem document (RFC 9457). Its <code>code</code> is one of these. \
     Programs get this page as JSON with <code>Accept: application/json</code>.</p>\n",
);

/// The page with these explanations, which are in the order of their status.
pub(super) fn page(explanations: &[Explanation]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("<nav aria-label=\"Problems by status\">\n<dl>\n");
    let by_status = || explanations.chunk_by(|one, next| one.status == next.status);
    for problems in by_status() {
        let _ = writeln!(page, "<dt>{}</dt>\n<dd>", problems[0].status);
        for problem in problems {
            let _ = writeln!(page, "<a href=\"#{}\"><code>{}</code></a>", anchor(problem), problem.code);
        }
        page.push_str("</dd>\n");
    }
    page.push_str("</dl>\n</nav>\n");
    for problems in by_status() {
        let _ = writeln!(page, "<h2>{}</h2>", problems[0].status);
        for problem in problems {
            article(&mut page, problem);
        }
    }
    page + "</body>\n</html>\n"
}

fn article(page: &mut String, problem: &Explanation) {
    let Explanation { code, title, detail, advice, .. } = problem;
    let (anchor, title, detail, advice) = (anchor(problem), escaped(title), escaped(detail), escaped(advice));
    let _ = writeln!(
        page,
        "<article id=\"{anchor}\">\n<h3><a href=\"#{anchor}\">{title}</a></h3>\n<p class=\"code\"><code>{code}</code></p>\n\
         <p>{detail}</p>\n<p><strong>What to do:</strong> {advice}</p>\n</article>",
    );
}

/// The anchor: the last part of the problem's URN.
fn anchor(problem: &Explanation) -> String {
    problem.code.replace('_', "-")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
