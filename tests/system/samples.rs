//! The vendor pages' own sample programs work against the simulator, and the gateway sends what they send.
//!
//! Each sample is changed only as `node`, `php` and `java` below say: where it connects, its placeholders, and slips that
//! keep it from running anywhere.

use std::time::Duration;

use centagate_simulator::{Admin, Config, Operation, Request, Simulator, User};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::gateway::Gateway;
use crate::program::Program;
use crate::sample::Sample;

/// One of the two pages.
struct Page {
    /// What its sample files are called.
    name: &'static str,
    operation: Operation,
    /// The fields besides cenToken, and what they shall hold.
    fields: &'static [(&'static str, &'static str)],
    /// The same call of the gateway.
    gateway_path: &'static str,
    gateway_body: fn() -> Value,
}

const USER_REGISTRATION: Page = Page {
    name: "user-registration",
    operation: Operation::CreateUser,
    fields: &[
        ("firstName", "Zoë"),
        ("lastName", "O'Brien 李"),
        ("username", "zoë@example.com"),
        ("userApp", "portal"),
        ("userUniqueId", "4711"),
        ("userClientId", "C/4711"),
        ("userAdditionalData1", "one"),
        ("userAdditionalData2", "two"),
        ("userAdditionalData3", "three"),
        ("userAdditionalData4", "four"),
        ("userAdditionalData5", "five"),
        ("userEmail", "zoe@example.com"),
        ("roles", "3"),
        ("userGroup", "Staff"),
    ],
    gateway_path: "/users",
    gateway_body: || {
        json!({
            "username": "zoë@example.com", "firstName": "Zoë", "lastName": "O'Brien 李", "email": "zoe@example.com",
            "group": "Staff", "app": "portal", "uniqueId": "4711", "clientId": "C/4711",
            "additionalData": ["one", "two", "three", "four", "five"],
        })
    },
};

const ONE_TIME_PIN: Page = Page {
    name: "one-time-pin",
    operation: Operation::RegisterOtpToken,
    fields: &[("username", "bob"), ("status", "2"), ("validity", "600")],
    gateway_path: "/users/bob/otp-token",
    gateway_body: || json!({"status": "valid", "validitySeconds": 600}),
};

/// The language of a sample.
struct Language {
    /// Reads the page's sample, and changes it so that it calls the simulator.
    sample: fn(&Page, &Simulator, &Admin) -> Sample,
    program: Program,
    options: &'static [&'static str],
    /// What the program's file is called.
    file: &'static str,
    /// What the sample prints when CENTAGATE answered code 0.
    success: &'static str,
}

const NODE: Language = Language {
    sample: node,
    program: Program { name: "node", package: "nodejs" },
    options: &[],
    file: "sample.js",
    success: "Authentication Succeed\nResponse:\n{\"code\":\"0\",",
};

const PHP: Language = Language {
    sample: php,
    program: Program { name: "php", package: "php-cli and php-curl" },
    options: &[],
    file: "sample.php",
    success: "Authentication succeed <br>Message: Success <br>Code: 0 <br>",
};

const JAVA: Language = Language {
    sample: java,
    program: Program { name: "java", package: "default-jdk-headless" },
    options: &["-Dfile.encoding=UTF-8"],
    file: "Frame.java",
    success: "Code: 0\n",
};

#[tokio::test]
async fn the_node_sample_of_user_registration_works_and_the_gateway_sends_the_same() {
    compare(&USER_REGISTRATION, &NODE).await;
}

#[tokio::test]
async fn the_node_sample_of_the_one_time_pin_works_and_the_gateway_sends_the_same() {
    compare(&ONE_TIME_PIN, &NODE).await;
}

#[tokio::test]
async fn the_php_sample_of_user_registration_works_and_the_gateway_sends_the_same() {
    compare(&USER_REGISTRATION, &PHP).await;
}

#[tokio::test]
async fn the_php_sample_of_the_one_time_pin_works_and_the_gateway_sends_the_same() {
    compare(&ONE_TIME_PIN, &PHP).await;
}

#[tokio::test]
async fn the_java_sample_of_user_registration_works_and_the_gateway_sends_the_same() {
    compare(&USER_REGISTRATION, &JAVA).await;
}

#[tokio::test]
async fn the_java_sample_of_the_one_time_pin_works_and_the_gateway_sends_the_same() {
    compare(&ONE_TIME_PIN, &JAVA).await;
}

/// Node: `https` becomes `http`, the host and port are the simulator's, and `sha256` gets the quotes it lacks.
fn node(page: &Page, simulator: &Simulator, admin: &Admin) -> Sample {
    let address = simulator.address();
    let sample = Sample::read(&format!("{}.js", page.name))
        .replace("require('https')", "require('http')")
        .replace("\"<domain_name>\"", &format!("\"{}\"", address.ip()))
        .replace("port: 443,", &format!("port: {},", address.port()))
        .replace("createHmac(sha256,", "createHmac('sha256',");
    fill(sample, page, admin)
}

/// PHP: the scheme, host and port are the simulator's.
fn php(page: &Page, simulator: &Simulator, admin: &Admin) -> Sample {
    let sample = Sample::read(&format!("{}.php", page.name)).replace("https://<domain_name>", &simulator.base_url());
    fill(sample, page, admin)
}

/// Java: the scheme, host and port are the simulator's; three slips keep it from compiling (a `;`, a `=` and a `throws`
/// are missing); the code it reads is printed. `Frame.java` stands in for the libraries.
fn java(page: &Page, simulator: &Simulator, admin: &Admin) -> Sample {
    let sample = Sample::read(&format!("{}.java", page.name))
        .replace("https://<domain_name>", &simulator.base_url())
        .replace("main(String[] args) {", "main(String[] args) throws Exception {")
        .replace("String authToken = \"{authToken}\"", &format!("String authToken = \"{}\";", admin.auth_token))
        .replace("\"{adminUsername}\"", &format!("\"{}\"", admin.username))
        .replace("String secretCode \"{secretCode}\"", &format!("String secretCode = \"{}\"", admin.secret_code))
        .replace(
            "String object = returnData.get(\"object\").toString();",
            "String object = returnData.get(\"object\").toString(); System.out.println(\"Code: \" + code);",
        );
    let filled = page.fields.iter().fold(sample, |sample, (field, value)| {
        sample.replace(&format!("map.put(\"{field}\", \"{field}\");"), &format!("map.put(\"{field}\", \"{value}\");"))
    });
    filled.framed(include_str!("Frame.java"), "/* THE SAMPLE */")
}

/// Fills in the placeholders of a Node or PHP sample.
fn fill(sample: Sample, page: &Page, admin: &Admin) -> Sample {
    let session =
        [("adminUsername", &*admin.username), ("authToken", &*admin.auth_token), ("secretCode", &*admin.secret_code)];
    session
        .iter()
        .chain(page.fields)
        .fold(sample, |sample, (field, value)| sample.replace(&format!("\"<{field}>\""), &format!("\"{value}\"")))
}

/// Runs the sample against one simulator and the gateway against another like it, and compares what they received.
async fn compare(page: &Page, language: &Language) {
    // Not ASCII: all must sign the same bytes.
    let mut admin = Admin::with_fresh_session("admin");
    admin.secret_code.push('é');

    let simulator = start_simulator(&admin).await;
    let directory = tempfile::tempdir().expect("a directory");
    let sample = (language.sample)(page, &simulator, &admin);
    std::fs::write(directory.path().join(language.file), sample.text()).expect("the sample is written");
    let arguments = [language.options, &[language.file]].concat();
    let printed = language.program.run(&arguments, directory.path()).await;
    assert!(printed.contains(language.success), "the sample printed {printed}");
    let by_sample = only_request(page, simulator).await;

    let simulator = start_simulator(&admin).await;
    let gateway = Gateway::start(&simulator, &admin);
    let status = gateway.post(page.gateway_path, &(page.gateway_body)()).await;
    assert_eq!(status, 201);
    gateway.stop().await;
    let by_gateway = only_request(page, simulator).await;

    assert_eq!(by_gateway.method, by_sample.method);
    assert_eq!(by_gateway.path, by_sample.path);
    assert_eq!(by_gateway.members, by_sample.members, "field by field, the cenToken included");
    assert_eq!(by_gateway.members.len(), page.fields.len() + 1, "the page's fields and the cenToken");
}

async fn start_simulator(admin: &Admin) -> Simulator {
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    simulator.add_user(User::new("bob"));
    simulator
}

/// The one request that the simulator received, which it must have executed.
async fn only_request(page: &Page, simulator: Simulator) -> Request {
    let finished = timeout(Duration::from_secs(10), simulator.wait_for_finished(1)).await;
    let mut requests = finished.expect("a request in time");
    simulator.stop().await;
    assert_eq!(requests.len(), 1);
    let request = requests.remove(0);
    assert_eq!(request.operation, Some(page.operation));
    assert_eq!(request.code.as_deref(), Some("0"));
    assert!(request.executed);
    request
}
