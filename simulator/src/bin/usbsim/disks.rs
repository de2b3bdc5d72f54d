//! What is on a disk: its size, and the files of its FAT file system.

use std::io::{self, Read, Seek, Write};

use usb_simulator::bus::Bus;
use usb_simulator::class::disk::Disk;
use usb_simulator::class::storage::{Storage, StorageError};
use usb_simulator::host::{Host, HostError};

/// Files and folders that are shown.
const SHOWN: usize = 100;

/// Opens the disk on an interface and prints what it is and what is on it.
pub fn show(host: &mut Host<Bus>, interface: u8) -> Result<(), HostError> {
    let mut storage = match Storage::open(host, interface) {
        Ok(storage) => storage,
        Err(error) => return Err(unsuitable(error)),
    };
    let title = format!("disk on interface {interface}: {}", storage.name());
    let disk = match Disk::new(host, &mut storage) {
        Ok(disk) => disk,
        // An empty drive is no error.
        Err(StorageError::Refused(_, sense)) if sense.key == 2 => {
            println!("{title}, {sense}");
            return Ok(());
        }
        Err(error) => return Err(unsuitable(error)),
    };
    let size = disk.capacity();
    println!("{title}, {} blocks of {} bytes", size.blocks, size.block_size);
    match fatfs::FileSystem::new(disk, fatfs::FsOptions::new()) {
        Ok(files) => {
            println!("FAT file system ({:?}) \"{}\":", files.fat_type(), files.volume_label().trim());
            let mut left = SHOWN;
            list(&files.root_dir(), "/", &mut left).map_err(|error| HostError::Unsuitable(format!("disk: {error}")))
        }
        Err(error) => {
            println!("no FAT file system on it: {error}");
            Ok(())
        }
    }
}

fn list<D: Read + Write + Seek>(folder: &fatfs::Dir<'_, D>, path: &str, left: &mut usize) -> io::Result<()> {
    for entry in folder.iter() {
        let entry = entry?;
        let name = entry.file_name();
        if name == "." || name == ".." {
            continue;
        }
        if *left == 0 {
            println!("  ...");
            return Ok(());
        }
        *left -= 1;
        if entry.is_dir() {
            println!("  {path}{name}/");
            list(&entry.to_dir(), &format!("{path}{name}/"), left)?;
            if *left == 0 {
                return Ok(());
            }
        } else {
            println!("  {path}{name}  {} bytes", entry.len());
        }
    }
    Ok(())
}

fn unsuitable(error: StorageError) -> HostError {
    match error {
        StorageError::Host(error) => error,
        other => HostError::Unsuitable(format!("disk: {other}")),
    }
}
