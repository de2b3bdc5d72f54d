//! The device program.

use std::process::{Child, Command, Stdio};

use usb_simulator::link::{self, RemotePort};

/// Starts it, with the link on its standard input and output.
pub fn start(command: &[String]) -> Result<(Child, RemotePort), String> {
    let (program, arguments) = command.split_first().ok_or("no device program")?;
    let mut command = Command::new(program);
    command.args(arguments).env(link::ENVIRONMENT, "stdio").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
    let (input, output) = child.stdout.take().zip(child.stdin.take()).ok_or("the device program has no pipes")?;
    match RemotePort::new(Box::new(input), Box::new(output)) {
        Ok(port) => Ok((child, port)),
        Err(error) => {
            // Both pipes are closed by now, so it ends.
            let status = child.wait().map_err(|error| error.to_string())?;
            Err(format!("{error}; the device program ended with {status}"))
        }
    }
}
