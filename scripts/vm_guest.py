# SPDX-License-Identifier: GPL-2.0-or-later
"""The bench's guest: QEMU, the card at its socket and the command channel.

    with Guest() as guest:
        guest.install()
        print(guest.run(["uname", "-r"]).stdout)

Who owns what: Guest starts QEMU and plcsim and has one thread, the keeper,
that watches both and keeps the SSH connection of the command channel up
(also after the guest has rebooted). When QEMU or plcsim dies, the keeper notes
why in the state folder and ends the other; every command then fails at once
with that reason. Commands are SSH sessions within that connection, from any
process that knows the state folder: that is Channel. run() keeps one of them,
the Agent, for its commands one after the other, and has further ones only for
what runs beside it.
"""

import contextlib
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from vm_image import Failure, ROOT, image, kernel, locked, log
from vm_qmp import Qmp, forget_translations

CONSOLE_LINES = 60
# A guest that has not answered on the channel for as long has hung
CHANNEL_TIMEOUT = 120

SSH_CONFIG = """\
# Commands go through the connection that the bench keeps; "channel" is it.
Host *
  User root
  HostKeyAlias guest
  IdentityFile {image}/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile {image}/known_hosts
  StrictHostKeyChecking yes
  ControlPath {state}/ssh
  Compression no
  EscapeChar none
  LogLevel ERROR
Host guest
  ProxyCommand false
Host channel
  ControlMaster yes
  ControlPersist no
  ProxyCommand socat - UNIX-CONNECT:{state}/channel
  ConnectTimeout 600
  ServerAliveInterval 15
  ServerAliveCountMax {alive_count}
"""


def _child(command, **kwargs):
    """Starts a child that a terminal's Ctrl-C does not reach and that ends
    when this process dies."""
    return subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *map(str, command)],
                            start_new_session=True, **kwargs)


def _end(process, grace=5):
    """Ends a child: by SIGTERM, after the grace by SIGKILL."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(path, lines):
    """The last lines of a file, without what would disturb a terminal."""
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    text = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|M)|[^\n\t\x20-\x7e\u00a0-\uffff]", "",
                  text.replace("\r\x1b[K", ""))
    return "\n".join([line for line in text.split("\n") if line.strip()][-lines:])


class Result:
    """What a command gave: status, stdout and stderr (str, or bytes)."""

    def __init__(self, command, status, stdout, stderr):
        self.command = command
        self.status = status
        self.stdout = stdout
        self.stderr = stderr


class Agent:
    """The program in the guest that carries out commands for run(); how it is
    talked to, it says itself: scripts/guest/root/usr/lib/ecemail-bench/agent."""

    def __init__(self, channel):
        self._process = channel.popen(["/usr/lib/ecemail-bench/agent"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
        self._buffer = b""

    def ended(self):
        """Whether its connection is no more."""
        return self._process.poll() is not None

    def close(self):
        """Ends it; returns the status of its connection."""
        self._process.kill()
        self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait()

    def run(self, command, env, timeout, data):
        """Returns status (None: time-out), stdout and stderr of a command.
        TimeoutError: the guest says nothing any more; EOFError: it has gone."""
        deadline = time.monotonic() + timeout + 15
        request = {"command": [str(word) for word in command], "env": env or {},
                   "timeout": timeout, "input": None if data is None else len(data)}
        try:
            self._write(json.dumps(request).encode() + b"\n" + (data or b""))
        except BrokenPipeError:
            raise EOFError from None
        while b"\n" not in self._buffer:
            self._read(deadline)
        line, self._buffer = self._buffer.split(b"\n", 1)
        answer = json.loads(line)
        output, end = answer["stdout"], answer["stdout"] + answer["stderr"]
        while len(self._buffer) < end:
            self._read(deadline)
        stdout, stderr = self._buffer[:output], self._buffer[output:end]
        self._buffer = self._buffer[end:]
        return answer["status"], stdout, stderr

    def _write(self, data):
        data = memoryview(data)
        while data:
            data = data[self._process.stdin.write(data):]

    def _read(self, deadline):
        pipe = self._process.stdout
        if not select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]:
            raise TimeoutError
        data = pipe.read(1 << 20)
        if not data:
            raise EOFError
        self._buffer += data


class Channel:
    """Commands in a running guest, given its state folder."""

    def __init__(self, state):
        self.state = pathlib.Path(state).resolve()
        self._agent = None
        self._agent_lock = threading.Lock()

    # State folder: files by name

    def failure(self):
        """Why the guest is not running any more, or None."""
        try:
            return (self.state / "failure").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def console(self, lines=CONSOLE_LINES):
        """The last lines of the guest's console."""
        return _tail(self.state / "console", lines)

    def hung(self, what, seconds):
        """The Failure that says that something took too long."""
        return Failure(f"time-out: {what} took more than {seconds:g} s. "
                       f"The end of the guest's console:\n{self.console()}", 124)

    def alive(self):
        """Whether the connection is up at this moment."""
        return self.failure() is None and (self.state / "ssh").exists()

    def wait(self, what, timeout):
        """Waits until the channel is connected."""
        deadline = time.monotonic() + timeout
        while not self.alive():
            if self.failure():
                raise Failure(self.failure())
            if time.monotonic() > deadline:
                raise self.hung(what, timeout)
            time.sleep(0.05)

    # Commands

    def ssh(self, command, tty=False, env=None):
        """The host's command line that runs a command (list of str) in the
        guest; without a command a login shell."""
        line = ["ssh", "-F", str(self.state / "ssh_config"), "-tt" if tty else "-T", "guest"]
        if not command:
            return line
        words = [f"{name}={value}" for name, value in (env or {}).items()]
        words = (["env", *words] if words else []) + [str(word) for word in command]
        # With a second command the shell stays, so death by a signal becomes
        # its 128 + n and is not mistaken for a lost connection (255)
        return [*line, shlex.join(words) + "\nexit $?"]

    def popen(self, command, env=None, **kwargs):
        """Starts a command and returns its subprocess.Popen, whose pipes are
        the command's. lost() tells its status from a lost connection."""
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(self.ssh(command, env=env), **kwargs)

    def lost(self, status):
        """Raises Failure if a command's status says that the connection broke
        rather than what the command gave."""
        if status != 255:
            return
        # The keeper finds out why within moments
        deadline = time.monotonic() + 1
        while self.alive() and time.monotonic() < deadline:
            if subprocess.run(["ssh", "-F", self.state / "ssh_config", "-O", "check", "guest"],
                              capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        deadline = time.monotonic() + 2
        while not self.failure() and time.monotonic() < deadline:
            time.sleep(0.05)
        raise Failure(self.failure() or "the command channel broke while a command ran. "
                      f"The end of the guest's console:\n{self.console()}")

    def run(self, command, check=True, timeout=120, input=None, text=True, env=None):
        """Runs a command as root and returns its Result. With check a status
        other than 0 is a Failure. After the time-out the command is killed in
        the guest, too."""
        data = input.encode() if isinstance(input, str) else input
        if self._agent_lock.acquire(blocking=False):
            try:
                status, stdout, stderr = self._run_by_agent(command, env, timeout, data)
            finally:
                self._agent_lock.release()
        else:
            status, stdout, stderr = self._run_beside(command, env, timeout, data)
        if text:
            stdout, stderr = stdout.decode(errors="replace"), stderr.decode(errors="replace")
        result = Result(command, status, stdout, stderr)
        if check and result.status:
            raise Failure(f"in the guest, {shlex.join(map(str, command))} "
                          f"gave status {result.status}:\n{stdout}{stderr}")
        return result

    def _run_by_agent(self, command, env, timeout, data):
        """run() by the agent, which is started when there is none."""
        if self._agent and self._agent.ended():
            self.end_agent()
        self._agent = self._agent or Agent(self)
        try:
            status, stdout, stderr = self._agent.run(command, env, timeout, data)
        except EOFError:
            self.lost(self.end_agent())
            raise Failure("the guest's /usr/lib/ecemail-bench/agent ended while a command "
                          f"ran: {shlex.join(map(str, command))}") from None
        except BaseException as reason:
            # Its answer would be taken for the next command's
            self.end_agent()
            if isinstance(reason, TimeoutError):
                raise self.hung(shlex.join(map(str, command)), timeout) from None
            raise
        if status is None:
            raise self.hung(shlex.join(map(str, command)), timeout)
        return status, stdout, stderr

    def end_agent(self):
        """Ends the agent if there is one; returns the status of its connection."""
        agent, self._agent = self._agent, None
        return agent.close() if agent else 0

    def _run_beside(self, command, env, timeout, data):
        """run() by an SSH session of the command's own."""
        start = time.monotonic()
        process = self.popen(["timeout", "-k", "5", f"{timeout:g}", *command], env=env,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             stdin=subprocess.PIPE if data is not None else subprocess.DEVNULL)
        try:
            stdout, stderr = process.communicate(data, timeout + 15)
        except subprocess.TimeoutExpired:
            stdout, stderr = b"", b""
        finally:
            process.kill()
            process.wait()
        if time.monotonic() - start >= timeout:
            raise self.hung(shlex.join(map(str, command)), timeout)
        self.lost(process.returncode)
        return process.returncode, stdout, stderr

    def stream(self, command, tty=False):
        """Runs a command with this process's own input and output; returns
        its status."""
        process = subprocess.Popen(self.ssh(command, tty))
        try:
            status = process.wait()
        finally:
            process.kill()
            process.wait()
        self.lost(status)
        return status

    def put(self, source, target="/"):
        """Copies the contents of a folder of the host into one of the guest."""
        with subprocess.Popen(["tar", "-C", source, "--owner=0", "--group=0", "-c", "."],
                              stdout=subprocess.PIPE) as tar:
            unpack = subprocess.run(
                self.ssh(["tar", "-C", target, "--no-overwrite-dir",
                          "--keep-directory-symlink", "--warning=no-timestamp", "-x"]),
                stdin=tar.stdout, check=False)
        self.lost(unpack.returncode)
        if tar.returncode or unpack.returncode:
            raise Failure(f"cannot copy {source} into the guest's {target}")

    def kernel_log(self):
        """The guest's kernel log."""
        return self.run(["dmesg"]).stdout

    def ctl_command(self):
        """The host's command line that talks to the simulator."""
        return [str(ROOT / "build/plcsim"), "ctl", "--socket", str(self.state / "plcsim.ctl")]

    def ctl(self, *words, check=True, timeout=60):
        """Talks to the simulator (plcsim ctl); returns its output."""
        result = subprocess.run([*self.ctl_command(), *words], capture_output=True, text=True,
                                timeout=timeout, check=False)
        if check and result.returncode:
            raise Failure(f"plcsim ctl {shlex.join(words)} gave status {result.returncode}: "
                          f"{result.stdout}{result.stderr}".rstrip())
        return result.stdout

    def qmp(self):
        """A control connection to QEMU of the caller's own, one at a time."""
        return Qmp(self.state / "qmp-tests")

    # Starting up

    def settle(self, timeout):
        """Waits until systemd has started everything (the debug kernel has no
        systemd)."""
        result = self.run(["sh", "-c", "[ ! -d /run/systemd/system ] || "
                           "systemctl is-system-running --wait"], check=False, timeout=timeout)
        if result.status:
            failed = self.run(["systemctl", "--failed", "--plain", "--no-legend"]).stdout
            raise Failure(f"the guest's system is {result.stdout.strip()}; "
                          f"failed units:\n{failed}")

    def reboot(self, timeout=360, command=None):
        """Reboots the guest and waits until it takes commands again. What was
        written to its disks stays. An emulated processor takes twice as long
        for it as for the first boot. The command is one to reboot by."""
        boot_id = ["cat", "/proc/sys/kernel/random/boot_id"]
        before = self.run(boot_id).stdout
        command = command or ["sh", "-c", "if [ -d /run/systemd/system ]; then systemctl reboot; "
                              "else kill -INT 1; fi"]
        self.run(command)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.wait("the reboot", deadline - time.monotonic())
            with contextlib.suppress(Failure):
                if self.run(boot_id).stdout != before:
                    self.settle(timeout)
                    return
            time.sleep(0.3)
        raise self.hung("the reboot", timeout)


class Script(threading.Thread):
    """Plays a file of plcsim commands, one a line, to a guest's simulator.

    It is played from here and not by plcsim itself, so that it starts when
    the guest is up and a failed script does not take the card away.
    """

    def __init__(self, channel, path):
        super().__init__(name="script", daemon=True)
        self.failed = None
        self._channel = channel
        self._path = path
        self._text = pathlib.Path(path).read_text(encoding="utf-8")
        self._process = None
        self._stopped = False

    def run(self):
        for number, line in enumerate(self._text.splitlines(), 1):
            words = line.split()
            if not words or words[0].startswith(("#", "//")):
                continue
            if self._stopped:
                return
            self._process = _child([*self._channel.ctl_command(), *words],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
            output = self._process.communicate()[0].rstrip()
            if self._process.returncode and not self._stopped:
                self.failed = f"{self._path}:{number}: {line.strip()}: {output}"
                return
            if output:
                log(f"{self._path}:{number}: {output}")

    def stop(self):
        """Ends the script where it is."""
        self._stopped = True
        _end(self._process)
        self.join()


class Guest(Channel):
    """A guest of one's own: booted at the start of a with block, shut down at
    its end.

    kernel   a name in vm_image.KERNELS
    card     "plcsim", "none", or the socket of another card process
    base, program   what plcsim is given (files)
    cards    how many cards plcsim has, by its base; each is a device of the guest
    append   more words for the kernel's command line
    qemu     more arguments for QEMU
    console  a file that the console's log is kept in
    state    the state folder; None: a new one, removed at the end
    """

    def __init__(self, kernel="stock", card="plcsim", base=None, program=None, cards=1,
                 console=None, state=None, boot_timeout=180, append=(), qemu=()):
        self.kernel_name = kernel
        self.card = card
        self.base, self.program, self.cards = base, program, cards
        self.append, self.qemu = append, qemu
        self.kept_console = console
        self.boot_timeout = boot_timeout
        self._own_state = state is None
        super().__init__(state or tempfile.mkdtemp(prefix="ecemail-vm-"))
        self.kernel = self.image = self._tree = None
        self._qemu = self._plcsim = self._keeper = None
        self._qmp = None
        self._ending = False
        self._wake = os.pipe()

    def __enter__(self):
        try:
            self.boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self.shutdown()
        finally:
            self.close()

    # Boot

    def prepare(self, project=False):
        """Builds what boot() needs if it is not there yet; the project, too."""
        self.image = image()
        self.kernel = kernel(self.kernel_name)
        if self.card == "plcsim" and not project:
            _make("build/plcsim")
        if project:
            self._tree = build(self.kernel)

    def boot(self):
        """Starts card and QEMU and waits until the guest takes commands."""
        if not self.kernel:
            self.prepare()
        self._prepare_state()
        if self.card == "plcsim":
            self._start_plcsim()
        log(f"booting the guest, kernel {self.kernel.release}")
        self._start_qemu()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()
        self.wait("booting the guest", self.boot_timeout)

    def _prepare_state(self):
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        longest = self.state / "ssh.0123456789abcdef"
        if len(os.fsencode(longest)) > 107:
            raise Failure(f"the path of the state folder {self.state} is too long "
                          "for sockets in it: take a shorter one")
        for rest in ("failure", "console", "ssh", "ssh.log"):
            (self.state / rest).unlink(missing_ok=True)
        (self.state / "ssh_config").write_text(SSH_CONFIG.format(
            image=self.image, state=self.state, alive_count=CHANNEL_TIMEOUT // 15),
            encoding="utf-8")

    def _card_socket(self, number=0):
        if self.card != "plcsim":
            return pathlib.Path(self.card)
        return self.state / f"card{number or ''}"

    def _start_plcsim(self):
        program = self.program or ROOT / "tests/plcsim/programs/widget-report.ld"
        command = [ROOT / "build/plcsim", "run", "--control", self.state / "plcsim.ctl"]
        for number in range(self.cards):
            command += ["--listen", self._card_socket(number)]
        if self.base:
            command += ["--base", self.base]
        with open(self.state / "plcsim.log", "wb") as output:
            self._plcsim = _child([*command, program], stdin=subprocess.DEVNULL,
                                  stdout=output, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 20
        while not self._card_socket(self.cards - 1).exists():
            if self._plcsim.poll() is not None:
                raise Failure(self._died("plcsim", self._plcsim))
            if time.monotonic() > deadline:
                raise Failure("time-out: plcsim did not listen on "
                              f"{self.state / 'card'} within 20 s", 124)
            time.sleep(0.02)

    def _start_qemu(self):
        kernel, state = self.kernel, self.state
        accelerator = os.environ.get("ACCEL", "tcg")
        append = ["console=ttyS0", "rw", "net.ifnames=0", "mitigations=off",
                  # Tests that play the card themselves map its memory
                  "iomem=relaxed",
                  # The TSC cannot be calibrated on a busy host. This clock is behind an I/O
                  # port: HPET in memory makes QEMU 7.2 crash now and then, when another
                  # processor moves a BAR meanwhile
                  "clocksource=acpi_pm",
                  # Without it the debug kernel waits for random numbers
                  "random.trust_cpu=on",
                  # Where it has KUnit, tests run when their module is loaded
                  "kunit.enable=1",
                  # For systemd: a plain log of what starts, for a human to read
                  "systemd.show_status=true", "SYSTEMD_COLORS=0", "TERM=dumb", *self.append]
        if not kernel.initrd:
            append += ["root=/dev/vda", "init=/usr/lib/ecemail-bench/init"]
        command = [
            "qemu-system-x86_64", "-name", "ecemail-bench",
            "-machine", "q35", "-smp", "2", "-m", "1024",
            # Without ERMS Linux copies words; TCG is as slow with each byte
            "-cpu", "max,svm=off,la57=off,erms=off",
            "-accel", "tcg,thread=multi" if accelerator == "tcg" else accelerator,
            # No network card: the guest has no network but its own
            "-nodefaults", "-no-user-config", "-display", "none", "-nic", "none",
            "-kernel", kernel.image, "-append", " ".join(append),
            "-drive", f"file={self.image}/root.ext4,format=raw,if=virtio,snapshot=on",
            "-chardev", f"file,id=console,path={state}/console", "-serial", "chardev:console",
            "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=channel,path={state}/channel,server=on,wait=off",
            "-device", "virtserialport,chardev=channel,name=org.ecemail.channel",
            "-device", "pvpanic-pci",
            "-qmp", f"unix:{state}/qmp,server=on,wait=off",
            "-qmp", f"unix:{state}/qmp-tests,server=on,wait=off",
            "-gdb", f"unix:{state}/gdb,server=on,wait=off",
        ]
        if kernel.initrd:
            command += ["-initrd", kernel.initrd, "-drive",
                        f"file={kernel.disk},format=raw,if=virtio,snapshot=on"]
        # The port is there without a card, too: one can be plugged later
        command += ["-device", "pcie-root-port,id=rp1,chassis=1,slot=1"]
        if self.card != "none":
            command += ["-chardev", f"socket,id=card,path={self._card_socket()}",
                        "-device", "ivshmem-doorbell,id=card0,chardev=card,vectors=17,"
                        "bus=rp1,acpi-index=89"]
        for number in range(1, self.cards):
            command += ["-device", f"pcie-root-port,id=rp{number + 1},chassis={number + 1},"
                        f"slot={number + 1}",
                        "-chardev", f"socket,id=card{number},path={self._card_socket(number)}",
                        "-device", f"ivshmem-doorbell,id=cardon{number},chardev=card{number},"
                        f"vectors=17,bus=rp{number + 1},acpi-index={89 + number}"]
        command += self.qemu
        with open(state / "qemu.log", "wb") as output:
            # Its temporary files go with the folder, whenever it is killed
            self._qemu = _child(command, stdin=subprocess.DEVNULL, stdout=output,
                                stderr=subprocess.STDOUT,
                                env={**os.environ, "TMPDIR": str(state)})
        deadline = time.monotonic() + 30
        while self._qmp is None:
            if self._qemu.poll() is not None:
                raise Failure(self._died("qemu", self._qemu))
            try:
                self._qmp = Qmp(state / "qmp")
            except OSError:
                time.sleep(0.05)
            if self._qmp is None and time.monotonic() > deadline:
                raise Failure("time-out: QEMU did not come up within 30 s; does the card "
                              f"process at {self._card_socket()} answer?", 124)

    # The keeper thread

    def _died(self, name, process):
        status = process.returncode
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        said = _tail(self.state / f"{name}.log", 20)
        return f"{name} ended unexpectedly, {how}" + (f"; it said:\n{said}" if said else "")

    def _keep(self):
        """The keeper: see the top of this file."""
        try:
            while not self._ending and not self.failure():
                self._keep_connected()
        except (Failure, OSError) as reason:
            self.fail(f"the bench lost QEMU: {reason}")
        if self.failure():
            _end(self._qemu)

    def _keep_connected(self):
        """Holds one SSH connection until it or the guest's boot ends."""
        with open(self.state / "ssh.log", "ab") as output:
            master = _child(["ssh", "-F", self.state / "ssh_config", "-N", "channel"],
                            stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            self._watch(master)
        finally:
            _end(master)
            (self.state / "ssh").unlink(missing_ok=True)
        select.select([self._wake[0]], [], [], 0.5)

    def _watch(self, master):
        """Returns when the connection has to be made anew or all is over."""
        with contextlib.ExitStack() as stack:
            poll = select.poll()
            names = {self._qmp.socket.fileno(): "qmp", self._wake[0]: "wake"}
            for name, process in (("ssh", master), ("qemu", self._qemu),
                                  ("plcsim", self._plcsim)):
                if process is not None:
                    fd = os.pidfd_open(process.pid)
                    stack.callback(os.close, fd)
                    names[fd] = name
            for fd in names:
                poll.register(fd, select.POLLIN)
            while True:
                ready = {names[fd] for fd, _ in poll.poll()}
                if "wake" in ready or self._ending:
                    return
                for name, process in (("qemu", self._qemu), ("plcsim", self._plcsim)):
                    if name in ready:
                        process.wait()
                        self.fail(self._died(name, process))
                        return
                if "ssh" in ready or ("qmp" in ready and self._restarted()):
                    return

    def _restarted(self):
        """Takes QEMU's events; tells whether the guest has rebooted."""
        try:
            names = [event["event"] for event in self._qmp.next_events()]
        except (ConnectionError, TimeoutError):
            # QEMU is about to end; its process tells more
            self._qemu.wait()
            self.fail(self._died("qemu", self._qemu))
            return True
        if "GUEST_PANICKED" in names:
            self.fail(f"the guest's kernel panicked:\n{self.console()}")
        elif "SHUTDOWN" in names and "RESET" not in names:
            self.fail("the guest powered itself off")
        if "RESET" in names:
            forget_translations(self.state / "gdb")
        return self.failure() is not None or "RESET" in names

    def fail(self, message):
        """Gives the guest up, for a reason that all its users are told."""
        if not self._ending and not self.failure():
            (self.state / "failure.new").write_text(message, encoding="utf-8")
            (self.state / "failure.new").rename(self.state / "failure")

    # The project in the guest

    def install(self):
        """Builds the project and installs it in the guest as a package would;
        binds the card."""
        tree = self._tree or build(self.kernel)
        log("installing the project in the guest")
        with tempfile.TemporaryDirectory(prefix="ecemail-modules-") as folder:
            modules = _module_tree(self.kernel, tree, pathlib.Path(folder))
            self.put(modules, "/usr/lib/modules")
        self.put(tree / "root")
        self.settle(self.boot_timeout)
        bound = self.run(["/usr/lib/ecemail-bench/installed"]).stdout.split()
        if self.card != "none" and not (len(bound) > 1 and bound[1].endswith("/ecom")):
            raise Failure(f"the driver did not take the card ({' '.join(bound)}); the end of "
                          "the kernel log:\n" + "\n".join(self.kernel_log().splitlines()[-20:]))

    # The end

    def shutdown(self, timeout=60):
        """Powers the guest off in order; a hang is a Failure."""
        if self._ending:
            return
        if self.failure():
            raise Failure(self.failure())
        self._stop_keeper(poweroff=True)
        try:
            self._qemu.wait(timeout)
        except subprocess.TimeoutExpired:
            raise self.hung("shutting the guest down", timeout) from None

    def _stop_keeper(self, poweroff=False):
        self._ending = True
        if poweroff:
            with contextlib.suppress(Failure):
                self.run(["sh", "-c", "if [ -d /run/systemd/system ]; then "
                          "systemctl --no-block poweroff; else kill -TERM 1; fi"])
        os.write(self._wake[1], b"x")
        if self._keeper:
            self._keeper.join()
            self._keeper = None

    def script_failure(self):
        """Ends plcsim and returns what it says if its script has failed."""
        if self._plcsim is None or not self.script:
            return None
        _end(self._plcsim)
        if self._plcsim.returncode in (0, -signal.SIGTERM):
            return None
        return (f"the script {self.script} failed (plcsim's status {self._plcsim.returncode}):\n"
                + _tail(self.state / "plcsim.log", 20))

    def close(self):
        """Ends everything that is left, at once."""
        self._stop_keeper()
        self.end_agent()
        _end(self._qemu)
        _end(self._plcsim)
        for fd in self._wake:
            os.close(fd)
        if self.kept_console and (self.state / "console").exists():
            shutil.copyfile(self.state / "console", self.kept_console)
        if self._own_state:
            shutil.rmtree(self.state, ignore_errors=True)


# Building the project

def _make(*arguments):
    """Runs make in the project; its output is shown only when it fails."""
    result = subprocess.run(["make", "-C", ROOT, *map(str, arguments)], text=True, check=False,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    if result.returncode:
        output = "\n".join(result.stdout.splitlines()[-40:])
        raise Failure(f"'make {' '.join(map(str, arguments))}' failed:\n{output}")


def build(for_kernel):
    """Builds the project for a Kernel; returns a folder with root/, to be
    unpacked in the guest, and ecom.ko."""
    tree = ROOT / "build/guest" / for_kernel.release
    log("building the project")
    with locked(ROOT / "build/.vm.lock", "the project"):
        _make("all")
        _make("modules", f"KVER={for_kernel.release}", f"KDIR={for_kernel.kdir}")
        shutil.rmtree(tree / "root", ignore_errors=True)
        _make("install-programs", "prefix=/usr", f"DESTDIR={tree / 'root'}")
        shutil.copyfile(ROOT / f"build/modules/{for_kernel.release}/ecom.ko", tree / "ecom.ko")
    return tree


def _module_tree(for_kernel, tree, folder):
    """A folder to be unpacked in the guest's /usr/lib/modules: ecom.ko, and
    the indexes of all modules, for which depmod would need half a minute in
    the guest."""
    modules = folder / "lib/modules" / for_kernel.release
    (modules / "updates").mkdir(parents=True)
    shutil.copyfile(tree / "ecom.ko", modules / "updates/ecom.ko")
    source = for_kernel.modules or for_kernel.kdir
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        if (source / name).exists():
            shutil.copyfile(source / name, modules / name)
    if for_kernel.modules:
        (modules / "kernel").symlink_to(for_kernel.modules / "kernel")
    subprocess.run(["depmod", "-b", folder, for_kernel.release], check=True)
    (modules / "kernel").unlink(missing_ok=True)
    return folder / "lib/modules"
