//! A board that is also a disk (MICROPY_HW_USB_MSC): what Python writes into its FAT file system the host reads, and the
//! other way round, each after mounting it anew.

use std::io::{Read, Write};

use board_tests::{Board, DISK_FILE, Target, amount};
use fatfs::{FileSystem, FsOptions};
use usb_simulator::bus::Bus;
use usb_simulator::class::disk::Disk;
use usb_simulator::class::storage::{Data, Storage, StorageError};
use usb_simulator::host::HostError;

/// How long a program may take that writes to the flash, in milliseconds.
const PATIENCE: u64 = 60_000;

/// A board with its prompt, whose program knows `ROOT`, where the disk is mounted, and `remount()`.
fn board() -> Board {
    let mut board = Board::repl();
    prepare(&mut board);
    board
}

fn prepare(board: &mut Board) {
    board.enter_raw();
    let unix = format!(
        "import os, vfs
class Blocks:
    def __init__(self):
        self.file = open('{DISK_FILE}', 'r+b')
    def readblocks(self, block, buffer):
        self.file.seek(block * 512)
        self.file.readinto(buffer)
    def writeblocks(self, block, buffer):
        self.file.seek(block * 512)
        self.file.write(buffer)
        self.file.flush()
    def ioctl(self, operation, argument):
        return {{4: 2048, 5: 512}}.get(operation, 0)
ROOT = '/disk'
def remount():
    try:
        vfs.umount(ROOT)
    except OSError:
        pass
    vfs.mount(vfs.VfsFat(Blocks()), ROOT)
try:
    remount()
except OSError:
    vfs.VfsFat.mkfs(Blocks())
    remount()
"
    );
    let pico = "import os, vfs, rp2
ROOT = ''
def remount():
    vfs.umount('/')
    vfs.mount(vfs.VfsFat(rp2.Flash()), '/')
";
    let source = Target::from_environment().choose(unix, pico.to_owned());
    board.raw(&source).ok();
}

/// Opens the disk as a host does that sees it for the first time.
fn storage(board: &mut Board) -> Storage {
    let device = board.host.device().expect("an enumerated device");
    let interface = device.configuration.interfaces.iter().find(|one| Storage::fits(one)).expect("a disk").number;
    Storage::open(&mut board.host, interface).expect("the disk opens")
}

/// Mounts the file system, and writes everything back.
fn mounted<R>(board: &mut Board, storage: &mut Storage, act: impl FnOnce(&FileSystem<Disk<'_, Bus>>) -> R) -> R {
    let disk = Disk::new(&mut board.host, storage).expect("a medium");
    let files = FileSystem::new(disk, FsOptions::new()).expect("a FAT file system");
    let result = act(&files);
    files.unmount().expect("everything is written");
    result
}

fn read(files: &FileSystem<Disk<'_, Bus>>, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    files.root_dir().open_file(name).expect(name).read_to_end(&mut bytes).expect(name);
    bytes
}

fn write(files: &FileSystem<Disk<'_, Bus>>, name: &str, bytes: &[u8]) {
    let mut file = files.root_dir().create_file(name).expect(name);
    file.truncate().expect(name);
    file.write_all(bytes).expect(name);
    file.flush().expect(name);
}

/// The same as `pattern` of the program.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 7 + place / 251) as u8).collect()
}

const PATTERN: &str = "def pattern(n):\n    return bytes((i * 7 + i // 251) & 255 for i in range(n))\n";

#[test]
fn constants_and_descriptors() {
    let mut board = board();
    let found = board.host.device().expect("enumerated").clone();
    let classes: Vec<u8> = found.configuration.interfaces.iter().map(|one| one.class[0]).collect();
    assert_eq!(classes, [0x02, 0x0a, 0x08]);
    let program = "from machine import USBDevice
print([name for name in dir(USBDevice) if name.startswith('BUILTIN')])
print(USBDevice.BUILTIN_CDC_MSC is USBDevice.BUILTIN_DEFAULT)
driver = USBDevice.BUILTIN_DEFAULT
print(driver.itf_max, driver.ep_max, driver.str_max, len(driver.desc_cfg))";
    let said = board.raw(program).ok();
    assert_eq!(said, "['BUILTIN_CDC_MSC', 'BUILTIN_DEFAULT', 'BUILTIN_NONE']\nTrue\n3 4 6 98\n");
    assert_eq!(storage(&mut board).name(), "MicroPy Mass Storage 1.00");
}

#[test]
fn what_one_end_writes_the_other_reads() {
    let mut board = board();
    board.raw("with open(ROOT + '/from device.txt', 'w') as file:\n    file.write('hello from the board')").ok();
    let mut storage = storage(&mut board);
    mounted(&mut board, &mut storage, |files| {
        assert_eq!(read(files, "from device.txt"), b"hello from the board");
        write(files, "from host.bin", &pattern(30_000));
        files.root_dir().create_dir("folder").expect("a folder");
        write(files, "folder/inner.txt", b"hello from the host");
    });
    let program = "remount()
print(sorted(os.listdir(ROOT + '/')), open(ROOT + '/folder/inner.txt').read())
print(open(ROOT + '/from host.bin', 'rb').read() == pattern(30000))";
    board.raw(PATTERN).ok();
    board.start_raw(program);
    let said = board.end_raw(PATIENCE).ok();
    assert!(said.contains("'folder', 'from device.txt', 'from host.bin'"), "{said}");
    assert!(said.ends_with(" hello from the host\nTrue\n"), "{said}");
}

#[test]
fn a_soft_reset_shows_python_what_the_host_wrote() {
    let mut board = board();
    let mut storage = storage(&mut board);
    mounted(&mut board, &mut storage, |files| write(files, "new.txt", b"seen after a soft reset"));
    board.leave_raw();
    board.soft_reset();
    board.expect("soft reboot", PATIENCE);
    board.prompt();
    // The built-in device stays on the bus, and the host goes on with its disk.
    storage.test(&mut board.host).expect("the disk is still there");
    prepare(&mut board);
    assert_eq!(board.raw("print(open(ROOT + '/new.txt').read())").ok(), "seen after a soft reset\n");
    mounted(&mut board, &mut storage, |files| assert_eq!(read(files, "new.txt"), b"seen after a soft reset"));
}

#[test]
fn a_soft_reset_in_the_middle_of_a_transfer_loses_nothing() {
    let mut board = board();
    let mut storage = storage(&mut board);
    board.leave_raw();
    let size = storage.capacity(&mut board.host).expect("a medium").block_size;
    let before = storage.read(&mut board.host, 0, 24, size).expect("blocks");
    for _ in 0..amount(2, 50) {
        board.soft_reset();
        let during = storage.read(&mut board.host, 0, 24, size).expect("blocks");
        assert!(during == before, "the same blocks");
        storage.write(&mut board.host, 100, &pattern(8 * size as usize), size).expect("blocks");
        board.expect("soft reboot", PATIENCE);
        board.prompt();
        let written = storage.read(&mut board.host, 100, 8, size).expect("blocks");
        assert!(written == pattern(8 * size as usize), "what was written during the reset");
    }
}

#[test]
fn a_program_that_computes_does_not_stop_the_disk() {
    let mut board = board();
    let mut storage = storage(&mut board);
    board.start_raw("while True:\n    pass\n");
    mounted(&mut board, &mut storage, |files| {
        write(files, "busy.bin", &pattern(10_000));
        assert_eq!(read(files, "busy.bin"), pattern(10_000));
    });
    board.send("\x03");
    assert!(board.end_raw(PATIENCE).error.contains("KeyboardInterrupt"));
    board.raw(PATTERN).ok();
    board.start_raw("remount()\nprint(open(ROOT + '/busy.bin', 'rb').read() == pattern(10000))");
    assert_eq!(board.end_raw(PATIENCE).ok(), "True\n");
}

#[test]
fn the_host_ejects_and_loads_the_medium() {
    let mut board = board();
    let mut storage = storage(&mut board);
    storage.load(&mut board.host, false).expect("ejected");
    match storage.test(&mut board.host) {
        Err(StorageError::Refused(_, sense)) => assert_eq!((sense.key, sense.code), (2, 0x3a)),
        other => panic!("{other:?}"),
    }
    storage.load(&mut board.host, true).expect("loaded");
    storage.test(&mut board.host).expect("ready");
    assert_eq!(board.raw("print(1 + 1)").ok(), "2\n");
}

#[test]
fn wrong_commands_are_recovered_from() {
    let mut board = board();
    let mut storage = storage(&mut board);
    let size = storage.capacity(&mut board.host).expect("a medium");
    let beyond = storage.read(&mut board.host, size.blocks, 1, size.block_size);
    assert!(matches!(beyond, Err(StorageError::Refused(_, sense)) if sense.code == 0x21), "{beyond:?}");
    // More is expected than the command moves (case 5), less (case 7), and the other way (case 8).
    let one = [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0];
    let block = size.block_size as usize;
    let (status, answer) = storage.raw_command(&mut board.host, "READ", &one, Data::In(2 * block)).expect("a status");
    assert_eq!((status, answer.data.len(), answer.residue as usize), (0, block, block));
    let (status, _) = storage.raw_command(&mut board.host, "READ", &one, Data::In(10)).expect("a status");
    assert_eq!(status, 2);
    let (status, _) = storage.raw_command(&mut board.host, "READ", &one, Data::Out(&[0; 64])).expect("a status");
    assert_eq!(status, 2);
    // What is no command halts the endpoints.
    let garbage = storage.raw_command(&mut board.host, "none", &[0; 40], Data::None);
    let halted = matches!(&garbage, Err(StorageError::Host(HostError::Transfer { .. })));
    assert!(halted, "{garbage:?}");
    storage.recover(&mut board.host).expect("reset recovery");
    storage.test(&mut board.host).expect("ready");
}
