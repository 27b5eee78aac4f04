"""`import vfs` for CPython: it copies the files of a littlefs on a block device to a folder of this computer."""

import io
import os
import shutil
import zipfile

import littlefs


class Vfs:
    """The module vfs. mount() copies the files to the folder, because CPython imports from real files only."""

    def __init__(self, folder):
        self._folder = folder

    def VfsLfs2(self, device):
        """The littlefs on a block device. OSError if there is none."""
        size, count = device.ioctl(5, 0), device.ioctl(4, 0)
        context = littlefs.UserContext(size * count)
        for n in range(count):
            block = bytearray(size)
            device.readblocks(n, block)
            context.buffer[n * size : (n + 1) * size] = block
        system = littlefs.LittleFS(context, mount=False, block_size=size, block_count=count)
        try:
            system.mount()
        except littlefs.LittleFSError as error:
            raise OSError(19) from error
        return system

    def mount(self, system, path, readonly):
        """Copy all files to `path` below the folder. An archive becomes a folder of the same name."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for folder, _, names in system.walk("/"):
            target = self._folder + path + folder
            os.makedirs(target, exist_ok=True)
            for name in names:
                with system.open(folder.rstrip("/") + "/" + name, "rb") as file:
                    content = file.read()
                if name.endswith(".zip"):
                    zipfile.ZipFile(io.BytesIO(content)).extractall(target + "/" + name[:-4])
                    continue
                with open(target + "/" + name, "wb") as copy:
                    copy.write(content)
