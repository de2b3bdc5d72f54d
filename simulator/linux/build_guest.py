#!/usr/bin/env python3
"""Makes a small Linux system to plug devices into, from Debian's packages: build/linux/vmlinux and build/linux/initramfs.

    build_guest.py FOLDER

Nothing is installed on this machine, and no root is needed: the packages are fetched through a private apt state and
unpacked. They are those of Debian 12, whatever this machine runs. They are not pinned, because Debian keeps only the newest
version of a kernel; apt checks their signatures. What is there is used again until guest.toml or this file changes.
"""

import hashlib
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "micropython"))

import get_sources  # noqa: E402
from get_sources import Failure  # noqa: E402

SUITE = "bookworm"
XZ = b"\xfd7zXZ\x00"
ELF = b"\x7fELF"
LIBRARIES = "usr/lib/x86_64-linux-gnu"


def say(text):
    print(f"linux: {text}", flush=True)


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise Failure(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def fingerprint():
    """Of everything that the result is made from, the packages' versions excepted."""
    digest = hashlib.sha256()
    for path in [HERE / "build_guest.py", HERE / "guest.toml", *sorted((HERE / "guest").iterdir())]:
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def download(packages, folder):
    """The .deb of each package, in `folder`. A name may end in '->': what that package depends on is meant (a kernel)."""
    files = {}
    options = None
    for package in packages:
        found = [path for path in folder.glob("*.deb") if path.name.split("_")[0] == package.rstrip("->")]
        if package.endswith("->"):
            found = [path for path in folder.glob("linux-image-*.deb")]
        if not found:
            if options is None:
                options = get_sources.apt_options(SUITE, folder.parent / "apt")
                say(f"asking Debian {SUITE} for its package list")
                get_sources.run_apt(options, ["update"], folder)
                say("downloading a kernel and a few programs (about 80 MB)")
            name = package
            if package.endswith("->"):
                said = get_sources.run_apt(options, ["depends", package[:-2]], folder, "apt-cache")
                name = re.search(r"Depends: (\S+)", said)[1]
            get_sources.run_apt(options, ["download", name], folder)
            found = list(folder.glob(f"{name}_*.deb"))
        files[package] = sorted(found)[-1]
    return files


def extract_kernel(compressed, target):
    """The ELF image inside a bzImage, which a PC emulator can start directly: three times as fast as the bzImage."""
    data = compressed.read_bytes()
    at = data.find(XZ)
    while at >= 0:
        try:
            image = lzma.LZMADecompressor().decompress(data[at:])
        except lzma.LZMAError:
            image = b""
        if image.startswith(ELF):
            target.write_bytes(image)
            return
        at = data.find(XZ, at + 1)
    raise Failure(f"there is no xz-compressed kernel in {compressed}")


def dependencies(tree, version):
    """modules.dep of a kernel: from each module's name to its path and those of what it needs."""
    modules = {}
    for line in (tree / "lib" / "modules" / version / "modules.dep").read_text().splitlines():
        path, _, needs = line.partition(":")
        modules[pathlib.Path(path).stem.replace("-", "_")] = [path, *needs.split()]
    return modules


def copy_modules(unpacked, version, root, wanted):
    """The wanted kernel modules, with what they need."""
    if not (unpacked / "lib" / "modules" / version / "modules.dep").exists():
        run("/sbin/depmod", "-b", unpacked, version)
    known = dependencies(unpacked, version)
    for name in wanted:
        if name.replace("-", "_") not in known:
            raise Failure(f"guest.toml: modules: the kernel {version} has no module {name}")
        for path in known[name.replace("-", "_")]:
            target = root / "lib" / "modules" / version / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(unpacked / "lib" / "modules" / version / path, target)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(unpacked / "lib" / "modules" / version / name, root / "lib" / "modules" / version / name)
    run("/sbin/depmod", "-b", root, version)


def copy_programs(unpacked, root, description):
    for name in [*description["files"], *(f"usr/lib/python3.11/{name}" for name in description["python"])]:
        source = unpacked / name
        if not source.exists():
            raise Failure(f"guest.toml: no package has {name}")
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
    for name in description["libraries"]:
        found = next((path for path in unpacked.rglob(name) if path.parent.name == "x86_64-linux-gnu"), None)
        if found is None:
            raise Failure(f"guest.toml: libraries: no package has {name}")
        (root / LIBRARIES).mkdir(parents=True, exist_ok=True)
        shutil.copy(found, root / LIBRARIES / name)
    (root / "lib64").mkdir(exist_ok=True)
    shutil.copy(next(unpacked.rglob("ld-linux-x86-64.so.2")), root / "lib64" / "ld-linux-x86-64.so.2")
    (root / "lib").mkdir(exist_ok=True)
    (root / "lib" / "x86_64-linux-gnu").symlink_to(f"/{LIBRARIES}")
    for name in description["busybox"]:
        (root / "bin" / name).symlink_to("busybox")


def compile_python(root):
    """Compiles the guest's Python modules with its own interpreter: without that its start takes seconds, emulated."""
    interpreter = [root / "lib64" / "ld-linux-x86-64.so.2", "--library-path", root / LIBRARIES, root / "usr/bin/python3.11"]
    environment = {"PYTHONHOME": str(root / "usr"), "PATH": "/usr/bin:/bin"}
    run(*interpreter, "-S", "-c", COMPILE, *root.rglob("*.py"), env=environment)


# Nobody changes the sources afterwards: the guest need not compare.
COMPILE = """
import py_compile, sys
for name in sys.argv[1:]:
    py_compile.compile(name, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
"""


def pack(root, target):
    names = "\0".join(sorted(str(path.relative_to(root)) for path in root.rglob("*")))
    with open(target, "wb") as file:
        done = subprocess.run(
            ["cpio", "--null", "-o", "-H", "newc", "--quiet", "-R", "0:0"], cwd=root, input=names.encode(), stdout=file
        )
    if done.returncode != 0:
        raise Failure(f"cpio failed (status {done.returncode})")


def build(folder):
    description = tomllib.loads((HERE / "guest.toml").read_text())
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    files = download([description["kernel"] + "->", *description["packages"]], packages)
    say("making the guest's initramfs")
    unpacked = folder / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    for file in files.values():
        run("dpkg-deb", "-x", file, unpacked)
    version = next((unpacked / "lib" / "modules").iterdir()).name
    root = folder / "root"
    shutil.rmtree(root, ignore_errors=True)
    for name in ("dev", "proc", "sys", "tmp", "mnt", "run"):
        (root / name).mkdir(parents=True)
    copy_programs(unpacked, root, description)
    copy_modules(unpacked, version, root, [*description["modules"]["boot"], *description["modules"]["later"]])
    shutil.copytree(HERE / "guest", root / "agent", ignore=shutil.ignore_patterns("__pycache__", "init"))
    (root / "agent" / "modules").write_text(" ".join(description["modules"]["boot"]))
    shutil.copy(HERE / "guest" / "init", root / "init")
    (root / "init").chmod(0o755)
    compile_python(root)
    pack(root, folder / "initramfs.new")
    (folder / "initramfs.new").rename(folder / "initramfs")
    extract_kernel(unpacked / "boot" / f"vmlinuz-{version}", folder / "vmlinux")
    # Half a gigabyte that nobody needs again.
    shutil.rmtree(unpacked)
    shutil.rmtree(folder / "apt", ignore_errors=True)
    say(f"Linux {version} is ready")


def main():
    folder = pathlib.Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "made-from"
    wanted = fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if os.uname().machine != "x86_64":
        raise Failure(f"this machine is {os.uname().machine}: the guest's programs are for x86_64")
    stamp.unlink(missing_ok=True)
    build(folder)
    stamp.write_text(wanted)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"linux: error: {failure}", file=sys.stderr)
        sys.exit(1)
