#!/usr/bin/env bash
# Provision a Debian 12 machine (root, no systemd needed) with
#   * Apptainer (Debian sid's build on a private, newer glibc), packed as one local .deb
#   * a one-node SLURM cluster with munge that advertises fake GPUs (config_overrides)
#   * accounting: slurmdbd + MariaDB, so that sacct works
#
#   tests/provision/debian.sh install [apptainer] [slurm] [accounting]   (default: all three)
#   tests/provision/debian.sh start | stop | restart | status | check
#   tests/provision/debian.sh purge-apptainer
#
# Idempotent: every step looks first and does nothing when its result is there.
# No mirror is named here: it is read off the machine's own apt configuration.
set -Eeuo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# ----------------------------------------------------------------- settings
: "${LAB_ETC:=/etc/slurm}"                    # slurm.conf & co
: "${LAB_VAR:=/var/lib/slurm-lab}"            # state, spool, logs, database, pid files
: "${LAB_RUN:=/run/slurm-lab}"                # database socket
: "${LAB_PORT:=6817}"                         # slurmctld=+0 slurmd=+1 slurmdbd=+2 mariadb=+3
: "${LAB_GPUS:=8}"; : "${LAB_GPU_TYPE:=a6000}"
: "${LAB_CPUS:=64}"; : "${LAB_MEM_MB:=500000}"
: "${LAB_PARTITION:=gpu}"
: "${LAB_ACCOUNTING:=auto}"                   # auto = when slurmdbd and mariadbd are installed
: "${APPTAINER_MIN:=1.3.0}"                   # an installed one at least this new is left alone
: "${DEB_CACHE:=/var/cache/apptainer-debian12}"
# What was tested. Another version in the archive is used, with a warning.
TESTED_APPTAINER=1.4.5-2
TESTED_APPTAINER_SHA256=26cf96e08fccb0e50ea0f285a5a19f940ee873d167a0680584fe6eba7d197d65
GLIBC_DIR=/opt/apptainer-glibc
PKG_SUFFIX='+debian12.1'

say()  { printf 'provision: %s\n' "$*"; }
warn() { printf 'provision: WARNING: %s\n' "$*" >&2; }
die()  { printf 'provision: ERROR: %s\n' "$*" >&2; exit 1; }
trap 'warn "failed at line $LINENO: $BASH_COMMAND"' ERR

need_root() { [ "$(id -u)" = 0 ] || die "run as root"; }
[ -r /etc/os-release ] && . /etc/os-release || true

# ----------------------------------------------------------------- apt
APT_UPDATED=0
apt_update() { # once per run
  [ "$APT_UPDATED" = 1 ] && return 0
  local i; for i in 1 2 3; do apt-get -qq update && { APT_UPDATED=1; return 0; }; sleep $((i*5)); done
  die "apt-get update failed three times"
}
installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
POLICY_MADE=0
policy_on()  { # no daemon is started by a maintainer script
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d; POLICY_MADE=1
    trap policy_off EXIT
  fi; }
policy_off() { [ "$POLICY_MADE" = 1 ] && rm -f /usr/sbin/policy-rc.d; POLICY_MADE=0; return 0; }
apt_install() { # only what is missing
  local miss=() p; for p in "$@"; do installed "$p" || miss+=("$p"); done
  [ ${#miss[@]} = 0 ] && return 0
  say "apt-get install ${miss[*]}"; apt_update; policy_on
  local i log; log=$(mktemp)
  for i in 1 2 3; do
    apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold \
      install "${miss[@]}" >"$log" 2>&1 && { rm -f "$log"; return 0; }
    sleep $((i*5))
  done
  tail -n 20 "$log" >&2; die "apt-get install failed: ${miss[*]}"
}
main_mirror() { # the URI of this machine's Debian main archive
  local u i
  for i in 1 2; do
    u=$(apt-get indextargets --format '$(REPO_URI)|$(ORIGIN)|$(CODENAME)|$(COMPONENT)' 'Created-By: Packages' \
        | awk -F'|' -v c="${VERSION_CODENAME:-bookworm}" '$2=="Debian" && $3==c && $4=="main"{print $1; exit}')
    [ -n "$u" ] && { printf '%s' "$u"; return 0; }
    apt_update >&2
  done
  die "no Debian main archive in this machine's apt sources"
}
# A private apt root: other suites never touch this machine's own lists or preferences.
priv_apt_setup() {
  local mirror key=/usr/share/keyrings/debian-archive-keyring.gpg s
  PRIV=$DEB_CACHE/aptroot; mirror=$(main_mirror)
  mkdir -p "$PRIV"/{empty,lists/partial,cache/archives/partial,state}
  [ -e "$key" ] || apt_install debian-archive-keyring
  : >"$PRIV/sources.list"
  for s in "$@"; do printf 'deb [signed-by=%s] %s %s main\n' "$key" "$mirror" "$s" >>"$PRIV/sources.list"; done
  : >"$PRIV/status"
  PRIV_OPTS=(-o Dir::Etc::SourceList="$PRIV/sources.list" -o Dir::Etc::SourceParts="$PRIV/empty"
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts="$PRIV/empty"
    -o Dir::State="$PRIV/state" -o Dir::State::Lists="$PRIV/lists" -o Dir::State::status="$PRIV/status"
    -o Dir::Cache="$PRIV/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none
    -o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o Acquire::Retries=3)
}
priv_apt() { local cmd=$1; shift; "$cmd" "${PRIV_OPTS[@]}" "$@"; }

# ----------------------------------------------------------------- apptainer
apptainer_ok() {
  command -v apptainer >/dev/null 2>&1 || return 1
  local v; v=$(apptainer --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1) || return 1
  [ -n "$v" ] && dpkg --compare-versions "$v" ge "$APPTAINER_MIN"
}
fetch_debs() { # -> $DEB_CACHE/debs/{apptainer,libc6}.deb
  local d=$DEB_CACHE/debs v tries
  mkdir -p "$d"
  if [ -s "$d/apptainer.deb" ] && [ -s "$d/libc6.deb" ]; then say "using the .debs in $d"; return 0; fi
  priv_apt_setup sid trixie
  for tries in 1 2 3; do priv_apt apt-get -qq update && break; [ $tries = 3 ] && die "cannot read sid's package list"; sleep 5; done
  v=$(priv_apt apt-cache madison apptainer | awk 'NR==1{print $3}')
  [ -n "$v" ] || die "sid has no apptainer today"
  [ "$v" = "$TESTED_APPTAINER" ] || warn "sid has apptainer $v; tested: $TESTED_APPTAINER"
  ( cd "$d" && rm -f ./*.deb && priv_apt apt-get -qq download apptainer="$v" \
      && mv apptainer_*.deb apptainer.deb \
      && { priv_apt apt-get -qq download libc6/trixie || priv_apt apt-get -qq download libc6; } \
      && mv libc6_*.deb libc6.deb )
  rm -rf "$PRIV"   # sid's and trixie's lists are 250 MB
  if [ "$v" = "$TESTED_APPTAINER" ]; then
    echo "$TESTED_APPTAINER_SHA256  $d/apptainer.deb" | sha256sum -c --quiet - || die "apptainer.deb is not the tested file"
  fi
}
build_apptainer_deb() { # repack as a package that Debian 12's own dpkg can hold
  local w v f need have; w=$(mktemp -d)
  dpkg-deb -R "$DEB_CACHE/debs/apptainer.deb" "$w/pkg"
  dpkg-deb -x "$DEB_CACHE/debs/libc6.deb" "$w/libc"
  mkdir -p "$w/pkg$GLIBC_DIR"
  find "$w/libc" \( -type f -o -type l \) -path '*/x86_64-linux-gnu/*' \( -name '*.so' -o -name '*.so.*' \) \
      ! -path '*/gconv/*' ! -path '*/audit/*' -exec cp -a -t "$w/pkg$GLIBC_DIR" {} +
  [ -x "$w/pkg$GLIBC_DIR/ld-linux-x86-64.so.2" ] && [ -f "$w/pkg$GLIBC_DIR/libc.so.6" ] || die "unexpected layout of libc6"
  need=$(dpkg-deb -f "$DEB_CACHE/debs/apptainer.deb" Depends | grep -oE 'libc6 \(>= [0-9.]+' | grep -oE '[0-9.]+$')
  have=$(dpkg-deb -f "$DEB_CACHE/debs/libc6.deb" Version)
  dpkg --compare-versions "$have" ge "${need:-2.38}" || die "libc6 $have is older than $need"
  for f in usr/bin/apptainer usr/lib/x86_64-linux-gnu/apptainer/bin/starter; do
    patchelf --set-interpreter "$GLIBC_DIR/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$GLIBC_DIR" "$w/pkg/$f"
  done
  # it is LD_PRELOADed into the machine's own squashfuse, which runs on the old glibc: must not come along
  rm -f "$w/pkg/usr/lib/x86_64-linux-gnu/apptainer/lib/offsetpreload.so"
  # root of a container or microVM may lack some capabilities; asking for all of them then fails
  sed -i 's/^root default capabilities = .*/root default capabilities = no/' "$w/pkg/etc/apptainer/apptainer.conf"
  # without systemd there is no cgroup manager to ask
  [ -d /run/systemd/system ] || sed -i 's/^systemd cgroups = .*/systemd cgroups = no/' "$w/pkg/etc/apptainer/apptainer.conf"
  v=$(dpkg-deb -f "$DEB_CACHE/debs/apptainer.deb" Version)$PKG_SUFFIX
  sed -i -E "s/^Version: .*/Version: $v/; s/^Depends: .*/Depends: ca-certificates, squashfs-tools, squashfuse, fuse-overlayfs, fuse3, uidmap, libseccomp2, libsqlite3-0/; /^(Static-)?Built-Using:/d; /^Recommends:/d" "$w/pkg/DEBIAN/control"
  rm -f "$w/pkg/DEBIAN/md5sums"
  dpkg-deb --root-owner-group -Zxz -z1 -b "$w/pkg" "$DEB_CACHE/apptainer-debian12.deb" >/dev/null
  rm -rf "$w"; say "packed $DEB_CACHE/apptainer-debian12.deb ($v, glibc $have)"
}
install_apptainer() {
  local t0=$SECONDS log
  if apptainer_ok; then say "apptainer: $(apptainer --version) is there"
  else
    [ "$(dpkg --print-architecture)" = amd64 ] || die "amd64 only"
    mkdir -p "$DEB_CACHE"; chmod 755 "$DEB_CACHE"
    apt_install ca-certificates squashfs-tools squashfuse fuse-overlayfs fuse3 uidmap libseccomp2 libsqlite3-0
    if [ ! -s "$DEB_CACHE/apptainer-debian12.deb" ]; then
      apt_install patchelf xz-utils; fetch_debs; build_apptainer_deb
    fi
    policy_on; log=$(mktemp)
    dpkg --force-confold --force-confmiss -i "$DEB_CACHE/apptainer-debian12.deb" >"$log" 2>&1 || { cat "$log" >&2; die "dpkg -i failed"; }
    rm -f "$log"; hash -r
    apptainer_ok || die "apptainer does not start: $(apptainer --version 2>&1 | head -3)"
    say "apptainer: installed $(apptainer --version) in $((SECONDS-t0)) s"
  fi
  fix_devices
}
fix_devices() { # /dev may be fresh at every boot
  [ -e /dev/fuse ] || mknod /dev/fuse c 10 229 2>/dev/null || warn "no /dev/fuse: no unprivileged SIF mounts"
  [ -e /dev/fuse ] && { chmod 666 /dev/fuse 2>/dev/null || warn "cannot chmod /dev/fuse"; }
  local i=0; while [ $i -lt "$LAB_GPUS" ]; do # stand-ins: the null device under another name
    [ -c /dev/fakegpu$i ] || mknod /dev/fakegpu$i c 1 3 2>/dev/null || { rm -f /dev/fakegpu$i; : >/dev/fakegpu$i; }
    chmod 666 /dev/fakegpu$i; i=$((i+1)); done
}
purge_apptainer() { dpkg --purge apptainer 2>/dev/null || true; rm -rf "$GLIBC_DIR"; }

# ----------------------------------------------------------------- slurm
acct_on() { case $LAB_ACCOUNTING in yes) return 0;; no) return 1;; *) command -v slurmdbd >/dev/null && command -v mariadbd >/dev/null;; esac; }
put() { # put FILE MODE OWNER:GROUP < content ; only when it differs
  local t; t=$(mktemp); cat >"$t"
  if ! cmp -s "$t" "$1"; then mkdir -p "$(dirname "$1")"; install -m "$2" -o "${3%%:*}" -g "${3##*:}" "$t" "$1"; say "wrote $1"; CHANGED=1; fi
  rm -f "$t"; }
host() { hostname -s 2>/dev/null || cat /proc/sys/kernel/hostname; }
configure_slurm() {
  CHANGED=0
  local h acct; h=$(host)
  mkdir -p "$LAB_VAR"/{ctld,slurmd,log,run} "$LAB_ETC"
  chmod 755 "$LAB_VAR" "$LAB_VAR/log"
  if acct_on; then acct="AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((LAB_PORT+2))
AccountingStorageTRES=gres/gpu,gres/gpu:$LAB_GPU_TYPE
AccountingStoreFlags=job_comment,job_env,job_script
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=5"
  else acct="AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none"; fi
  put "$LAB_ETC/slurm.conf" 644 root:root <<CONF
# written by tests/provision/debian.sh: one node that claims $LAB_GPUS GPUs it does not have
ClusterName=lab
SlurmctldHost=$h(127.0.0.1)
SlurmctldPort=$LAB_PORT
SlurmdPort=$((LAB_PORT+1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
GresTypes=gpu
StateSaveLocation=$LAB_VAR/ctld
SlurmdSpoolDir=$LAB_VAR/slurmd
SlurmctldLogFile=$LAB_VAR/log/slurmctld.log
SlurmdLogFile=$LAB_VAR/log/slurmd.log
SlurmctldPidFile=$LAB_VAR/run/slurmctld.pid
SlurmdPidFile=$LAB_VAR/run/slurmd.pid
ReturnToService=2
MinJobAge=3600
KillWait=5
PropagateResourceLimits=NONE
SlurmdParameters=config_overrides
$acct
NodeName=$h NodeAddr=127.0.0.1 Sockets=1 CoresPerSocket=$LAB_CPUS ThreadsPerCore=1 RealMemory=$LAB_MEM_MB Gres=gpu:$LAB_GPU_TYPE:$LAB_GPUS State=UNKNOWN
PartitionName=$LAB_PARTITION Nodes=$h Default=YES MaxTime=INFINITE DefMemPerCPU=1000 State=UP
CONF
  put "$LAB_ETC/gres.conf" 644 root:root <<CONF
Name=gpu Type=$LAB_GPU_TYPE File=/dev/fakegpu[0-$((LAB_GPUS-1))]
CONF
  put "$LAB_ETC/cgroup.conf" 644 root:root <<CONF
CgroupPlugin=cgroup/v1
CONF
  if acct_on; then
    [ -s "$LAB_VAR/dbpass" ] || { ( umask 077; od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$LAB_VAR/dbpass" ); }
    put "$LAB_ETC/slurmdbd.conf" 600 root:root <<CONF
AuthType=auth/munge
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$((LAB_PORT+2))
SlurmUser=root
LogFile=$LAB_VAR/log/slurmdbd.log
PidFile=$LAB_VAR/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((LAB_PORT+3))
StorageLoc=slurm_acct_db
StorageUser=slurm
StoragePass=$(cat "$LAB_VAR/dbpass")
CONF
  fi
  if [ ! -s /etc/munge/munge.key ]; then
    mkdir -p /etc/munge; ( umask 077; dd if=/dev/urandom of=/etc/munge/munge.key bs=1 count=1024 status=none ); say "made /etc/munge/munge.key"
  fi
  chown munge: /etc/munge /etc/munge/munge.key; chmod 700 /etc/munge; chmod 400 /etc/munge/munge.key
  fix_devices
}
install_slurm() {
  local t0=$SECONDS
  apt_install munge slurmctld slurmd slurm-client procps hostname iproute2
  configure_slurm
  say "slurm: $(sinfo --version 2>/dev/null || true), done in $((SECONDS-t0)) s"
}
install_accounting() {
  local t0=$SECONDS
  apt_install slurmdbd slurm-wlm-mysql-plugin mariadb-server-core mariadb-client-core
  getent passwd mysql >/dev/null || useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin mysql
  if installed slurmctld; then configure_slurm; fi
  say "accounting: done in $((SECONDS-t0)) s"
}

# ----------------------------------------------------------------- daemons
pid_of() { # pid_of PIDFILE COMM -> the pid when it is alive and is that program
  local p; p=$(cat "$1" 2>/dev/null) || return 1
  [ -n "$p" ] && [ "$(cat /proc/"$p"/comm 2>/dev/null)" = "$2" ] && printf '%s' "$p"; }
wait_for() { # wait_for SECONDS COMMAND...: by the clock; each probe that is a program gets 5 s
  local end=$((SECONDS+$1)); shift
  while :; do
    if [ "$(type -t "$1")" = file ]; then timeout -k 1 5 "$@" >/dev/null 2>&1 </dev/null && return 0
    else "$@" >/dev/null 2>&1 </dev/null && return 0; fi
    [ $SECONDS -ge $end ] && return 1; sleep 0.2
  done; }
stop_one() { # stop_one PIDFILE COMM
  local p i; p=$(pid_of "$1" "$2") || { rm -f "$1"; return 0; }
  kill "$p"; for ((i=0;i<150;i++)); do [ -d /proc/"$p" ] && [ "$(cut -d' ' -f3 /proc/"$p"/stat 2>/dev/null)" != Z ] || { rm -f "$1"; say "stopped $2"; return 0; }; sleep 0.1; done
  kill -9 "$p" 2>/dev/null || true; rm -f "$1"; say "killed $2"; }
db() { mariadb --no-defaults -S "$LAB_RUN/db/mysqld.sock" -u root "$@"; }
need_address() { # slurm's getaddrinfo(AI_ADDRCONFIG) finds nothing when loopback is all there is
  command -v ip >/dev/null || return 0
  ip -o -4 addr show | grep -qvE ' inet 127\.' && return 0
  ip link set lo up && ip addr add 192.0.2.254/32 dev lo 2>/dev/null && say "no network: gave lo the address 192.0.2.254" \
    || warn "no address but loopback: the slurm daemons will not start"; }
munge_ok() { munge -n </dev/null 2>/dev/null | unmunge >/dev/null 2>&1; }
start_munge() { # the standard socket; a munged that somebody else runs is used as it is
  munge_ok && return 0
  mkdir -p /run/munge "$LAB_RUN" "$LAB_VAR/munge"; chown munge: /run/munge "$LAB_VAR/munge"; chmod 755 /run/munge; chmod 700 "$LAB_VAR/munge"
  rm -f /run/munge/munge.socket.2 /run/munge/munge.socket.2.lock
  setpriv --reuid munge --regid munge --clear-groups munged --pid-file=/run/munge/munged-lab.pid \
    --log-file="$LAB_VAR/munge/munged.log" --seed-file="$LAB_VAR/munge/munged.seed" --num-threads=10
  wait_for 10 munge_ok || die "munged did not start: $LAB_VAR/munge/munged.log"
  say "started munged"; }
start_db() {
  acct_on || return 0
  if ! pid_of "$LAB_RUN/db/mariadbd.pid" mariadbd >/dev/null; then
    local d=$LAB_VAR/mysql
    if [ ! -d "$d/mysql" ]; then
      rm -rf "$d"; mkdir -p "$d"; chown mysql: "$d"; chmod 700 "$d"
      mariadb-install-db --no-defaults --user=mysql --datadir="$d" --skip-test-db --auth-root-authentication-method=socket >"$LAB_VAR/log/mariadb-install.log" 2>&1 \
        || die "mariadb-install-db failed: $LAB_VAR/log/mariadb-install.log"
      say "made the database"
    fi
    mkdir -p "$LAB_RUN/db" "$d/tmp"; chown mysql: "$LAB_RUN/db" "$d/tmp"
    setsid mariadbd --no-defaults --user=mysql --datadir="$d" --tmpdir="$d/tmp" --socket="$LAB_RUN/db/mysqld.sock" --pid-file="$LAB_RUN/db/mariadbd.pid" \
      --bind-address=127.0.0.1 --port=$((LAB_PORT+3)) --innodb-buffer-pool-size=128M --innodb-log-file-size=48M \
      --innodb-lock-wait-timeout=900 --log-error="$LAB_VAR/mysql/mariadb.err" </dev/null >/dev/null 2>&1 &
    wait_for 60 db -e 'select 1' || die "mariadbd did not start: $LAB_VAR/mysql/mariadb.err"
    local u; for u in "'slurm'@'localhost'" "'slurm'@'127.0.0.1'"; do
      db -e "create database if not exists slurm_acct_db; create user if not exists $u identified by '$(cat "$LAB_VAR/dbpass")';
             alter user $u identified by '$(cat "$LAB_VAR/dbpass")'; grant all on slurm_acct_db.* to $u;"; done
    say "started mariadbd"
  fi
  if ! pid_of "$LAB_VAR/run/slurmdbd.pid" slurmdbd >/dev/null; then
    slurmdbd
    wait_for 60 sacctmgr -n show cluster || die "slurmdbd did not start: $LAB_VAR/log/slurmdbd.log"
    say "started slurmdbd"
  fi
  timeout 20 sacctmgr -n -P show cluster format=cluster | grep -qx lab || sacctmgr -i add cluster lab >/dev/null
}
do_start() {
  local t0=$SECONDS; need_root; export SLURM_CONF=$LAB_ETC/slurm.conf
  installed slurmctld || die "slurm is not installed: run '$0 install'"
  configure_slurm
  if [ "$CHANGED" = 1 ] && pid_of "$LAB_VAR/run/slurmctld.pid" slurmctld >/dev/null; then say "configuration changed: restarting"; do_stop; fi
  need_address; start_munge; start_db
  if ! pid_of "$LAB_VAR/run/slurmctld.pid" slurmctld >/dev/null; then
    ! (exec 3<>/dev/tcp/127.0.0.1/"$LAB_PORT") 2>/dev/null || die "port $LAB_PORT is taken by another program: stop it or set LAB_PORT"
    slurmctld; say "started slurmctld"
  fi
  wait_for 30 scontrol ping || die "slurmctld did not start: $LAB_VAR/log/slurmctld.log"
  pid_of "$LAB_VAR/run/slurmd.pid" slurmd >/dev/null || { slurmd; say "started slurmd"; }
  node_idle() { sinfo -h -o %T | grep -qE '^(idle|mixed|allocated)'; }
  if ! wait_for 20 node_idle; then scontrol update nodename="$(host)" state=resume 2>/dev/null || true; wait_for 30 node_idle || die "node does not come up: $(sinfo -h -o '%T %E')"; fi
  say "cluster up in $((SECONDS-t0)) s: $(sinfo -h -o '%P %T cpus=%c mem=%m %G'); export SLURM_CONF=$LAB_ETC/slurm.conf"
}
do_stop() {
  need_root; export SLURM_CONF=$LAB_ETC/slurm.conf
  stop_one "$LAB_VAR/run/slurmd.pid" slurmd; stop_one "$LAB_VAR/run/slurmctld.pid" slurmctld
  stop_one "$LAB_VAR/run/slurmdbd.pid" slurmdbd; stop_one "$LAB_RUN/db/mariadbd.pid" mariadbd
  stop_one /run/munge/munged-lab.pid munged
}
do_status() {
  local f p; for f in "/run/munge/munged-lab.pid munged" "$LAB_RUN/db/mariadbd.pid mariadbd" "$LAB_VAR/run/slurmdbd.pid slurmdbd" "$LAB_VAR/run/slurmctld.pid slurmctld" "$LAB_VAR/run/slurmd.pid slurmd"; do
    set -- $f; if p=$(pid_of "$1" "$2"); then echo "$2 $p"; else echo "$2 down"; fi; done
  SLURM_CONF=$LAB_ETC/slurm.conf timeout 10 sinfo 2>/dev/null || true; }
do_check() { # a real job and a real container
  export SLURM_CONF=$LAB_ETC/slurm.conf; local w id s
  apptainer_ok || die "no apptainer"; w=$(mktemp -d); chmod 755 "$w"
  id=$(sbatch --parsable --gres=gpu:2 -c 4 --mem=1G -o "$w/out" --wrap 'echo gpus=$CUDA_VISIBLE_DEVICES cpus=$SLURM_CPUS_PER_TASK')
  job_done() { ! squeue -h -j "$id" -t PD,R,CG,CF 2>/dev/null | grep -q .; }
  wait_for 60 job_done || die "job $id does not end"
  cat "$w/out"; grep -q 'gpus=0,1 cpus=4' "$w/out" || die "the job did not get its GPUs"
  if acct_on; then
    has_acct() { sacct -n -P -X -j "$id" -o State | grep -q COMPLETED; }
    wait_for 20 has_acct || die "sacct does not know job $id"
    sacct -X -P -j "$id" -o JobID,State,ExitCode,Elapsed,AllocTRES
  fi
  # a container out of this machine's own dynamic loader and shell: no registry, no mmdebstrap
  mkdir -p "$w/r"/{bin,lib64,lib/x86_64-linux-gnu,etc,proc,sys,dev,tmp,root,var/tmp}
  : >"$w/r/etc/passwd"; : >"$w/r/etc/group"
  cp /bin/dash "$w/r/bin/sh"; cp -L /lib64/ld-linux-x86-64.so.2 "$w/r/lib64/"; cp -L /lib/x86_64-linux-gnu/libc.so.6 "$w/r/lib/x86_64-linux-gnu/"
  apptainer -q build "$w/t.sif" "$w/r" >/dev/null 2>&1 || die "apptainer build fails"
  s=$(apptainer -q exec --containall --net --network none "$w/t.sif" /bin/sh -c 'echo in-container') || die "apptainer exec fails"
  [ "$s" = in-container ] || die "apptainer exec printed: $s"
  if command -v setpriv >/dev/null && getent passwd nobody >/dev/null; then
    s=$(cd / && HOME=/tmp setpriv --reuid nobody --regid nogroup --clear-groups apptainer -q exec --containall "$w/t.sif" /bin/sh -c 'echo as-nobody' 2>"$w/nobody.err") || warn "apptainer exec as nobody fails: $(tail -2 "$w/nobody.err")"
    [ "$s" = as-nobody ] || warn "apptainer exec as nobody printed: $s"
  fi
  rm -rf "$w"; say "check passed"; }

do_install() {
  need_root
  [ "${VERSION_ID:-}" = 12 ] || warn "made for Debian 12, this is ${PRETTY_NAME:-unknown}"
  local parts=("$@") p; [ ${#parts[@]} = 0 ] && parts=(apptainer slurm accounting)
  for p in "${parts[@]}"; do case $p in apptainer) install_apptainer;; slurm) install_slurm;; accounting) install_accounting;; *) die "no part '$p'";; esac; done
  policy_off; say "install done in $SECONDS s"
}
case "${1:-}" in
  install) shift; do_install "$@";;
  start) do_start;; stop) do_stop;; restart) do_stop; do_start;; status) do_status;; check) need_root; do_check;;
  purge-apptainer) need_root; purge_apptainer;;
  *) sed -n '2,14p' "$0"; exit 2;;
esac
