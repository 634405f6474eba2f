//! Pastes the commands of a document into bash.

use std::path::Path;

use crate::own_address::own_address;
use crate::program::Program;

const BASH: Program = Program { name: "bash", package: "bash and curl" };

/// The commands in all blocks of the language `console`, one per line.
pub(crate) fn commands(text: &str) -> String {
    let blocks = text.split("```console\n").skip(1).map(|rest| rest.split_once("```").expect("the end of the block").0);
    blocks.flat_map(str::lines).map(|line| line.strip_prefix("$ ").expect("a command").to_owned() + "\n").collect()
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
    let script = format!(
        "set -me
        trap 'jobs -p | xargs -r kill' EXIT
        export GATEWAY__SERVER__HOST={} GATEWAY__SERVER__PORT={} GATEWAY__SERVER__DRAIN_MS=0
        export GATEWAY__MANAGEMENT__HOST={} GATEWAY__MANAGEMENT__PORT={} SIMULATOR_ADDRESS={simulator}
        {commands}",
        gateway.ip(),
        gateway.port(),
        management.ip(),
        management.port(),
    );
    let input = input.to_str().expect("a path in UTF-8");
    BASH.run_on(input, &["-c", &script], directory).await
}
