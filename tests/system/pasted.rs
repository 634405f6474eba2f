//! Pastes the commands of a document into bash.

use std::path::Path;

use crate::markdown::{Block, Document};
use crate::own_address::own_address;
use crate::program::Program;

/// Ends bash before [`Program`] would kill it, so that bash can end its jobs.
const TIMEOUT: Program = Program { name: "timeout", package: "coreutils, with bash and curl" };

/// The commands of a block, if its language is `console` or `sh`. A block of `console` also shows output.
pub(crate) fn commands_of(block: &Block<'_>) -> Option<String> {
    let command = |line: &str| Some(line.strip_prefix("$ ")?.to_owned() + "\n");
    match block.language {
        "console" => Some(block.text.lines().filter_map(command).collect()),
        "sh" => Some(block.text.clone()),
        _ => None,
    }
}

/// All commands of a document.
pub(crate) fn commands(document: &Document) -> String {
    document.blocks().iter().filter_map(commands_of).collect()
}

/// Runs `commands` in `directory` like an interactive bash, in which each job has its own process group. The gateway
/// and the simulator use the test's own addresses instead of the usual ones. Stops at the first command that fails, and
/// ends the remaining jobs.
pub(crate) async fn paste(commands: &str, input: &Path, directory: &Path) -> String {
    let [gateway, management, simulator] = [(); 3].map(|()| own_address());
    let commands = commands
        .replace("127.0.0.1:8080", &gateway.to_string())
        .replace("127.0.0.1:9090", &management.to_string())
        .replace("127.0.0.1:9000", &simulator.to_string());
    let commands = commands.replace("HOST=127.0.0.1", &format!("HOST={}", gateway.ip()));
    let script = format!(
        "set -me
        trap 'jobs -p | xargs -r kill' EXIT
        trap 'exit 1' TERM
        export GATEWAY__SERVER__HOST={} GATEWAY__SERVER__PORT={} GATEWAY__SERVER__DRAIN_MS=0
        export GATEWAY__MANAGEMENT__HOST={} GATEWAY__MANAGEMENT__PORT={} SIMULATOR_ADDRESS={simulator}
        {commands}",
        gateway.ip(),
        gateway.port(),
        management.ip(),
        management.port(),
    );
    let input = input.to_str().expect("a path in UTF-8");
    TIMEOUT.run_on(input, &["50", "bash", "-c", &script], directory).await
}
