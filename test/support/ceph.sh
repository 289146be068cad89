#!/bin/bash
# A Ceph of one monitor, one storage daemon and one S3 gateway, on loopback, for as long as standard input stays open.
#
#   test/support/ceph.sh DIR GATEWAY_PORT MONITOR_PORT
#
# DIR must not exist; it is made, and removed at the end. The storage daemon takes ports MONITOR_PORT+2 to +80. Needs root
# and the packages radosgw, ceph-mon, ceph-osd and ceph-common. Objects live in memory. Prints "ready" on standard
# output when buckets can be made; ends (Ctrl-D, Ctrl-C, or the death of whoever holds the other end of the pipe) by
# stopping all three.
#
# Access key: testkey, secret: testsecret.
set -euo pipefail

dir=$1 gateway_port=$2 monitor_port=$3
mkdir -m 700 "$dir"
dir=$(cd "$dir" && pwd)
pids=()
makers=()

stop() {
  trap - EXIT INT TERM HUP
  # The gateway first: it would wait for a storage daemon that is gone.
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill -TERM "${pids[i]}" 2>/dev/null || continue
    for _ in $(seq 30); do kill -0 "${pids[i]}" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
  rm -rf "$dir"
}
fail() {
  echo "ceph.sh: $1" >&2
  tail -n 5 "$dir"/log/*.out "$dir"/log/*.err >&2 2>/dev/null || true
  exit 1
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

cd "$dir"
mkdir osd.0 rgw log
cat > ceph.conf <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = [v2:127.0.0.1:$monitor_port,v1:127.0.0.1:$((monitor_port + 1))]
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = true
ms mon client mode = crc
mon data avail warn = 1
mon data avail crit = 1
mon max pg per osd = 1000
mon allow pool size one = true
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind port min = $((monitor_port + 2))
ms bind port max = $((monitor_port + 80))
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 8589934592
run dir = $dir
admin socket = $dir/\$name.asok
log file = $dir/log/\$name.log
pid file = $dir/\$name.pid
mon data = $dir/mon.\$id
osd data = $dir/osd.\$id
crash dir = $dir
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$gateway_port
rgw enable usage log = false
rgw thread pool size = 64
# What is deleted gives its memory back within seconds rather than hours.
rgw gc obj min wait = 1
rgw gc processor period = 2
CONF
export CEPH_CONF=$dir/ceph.conf

{
  ceph-authtool --create-keyring mon.keyring --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool mon.keyring --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  monmaptool --create --fsid "$(sed -n 's/^fsid = //p' ceph.conf)" \
    --addv a "[v2:127.0.0.1:$monitor_port,v1:127.0.0.1:$((monitor_port + 1))]" monmap
  ceph-mon -c ceph.conf --mkfs -i a --monmap monmap --keyring mon.keyring
} > log/setup.out 2>&1 || fail 'the monitor could not be set up'

ceph-mon -c ceph.conf -i a -f < /dev/null > log/mon.out 2>&1 &
pids+=($!)
osd_id=$(cat /proc/sys/kernel/random/uuid)
timeout 60 ceph -c ceph.conf osd new "$osd_id" < /dev/null > log/osd-new.out 2>&1 || fail 'the monitor does not answer'
ceph-osd -c ceph.conf -i 0 --mkfs --osd-uuid "$osd_id" < /dev/null > log/osd-mkfs.out 2>&1 || fail 'no storage daemon'
ceph-osd -c ceph.conf -i 0 -f < /dev/null > log/osd.out 2>&1 &
pids+=($!)
for _ in $(seq 120); do
  if ceph -c ceph.conf osd stat < /dev/null 2>/dev/null | grep -q '1 up'; then break; fi
  sleep 0.25
done
timeout 120 radosgw-admin -c ceph.conf user create --uid=test --display-name=test \
  --access-key=testkey --secret-key=testsecret < /dev/null > log/user.out 2> log/user.err || fail 'no user could be made'
# One for each job that a policy is for.
for user in stage publish refresh prune recall; do
  timeout 120 radosgw-admin -c ceph.conf user create --uid="$user" --display-name="$user" \
    --access-key="${user}key" --secret-key="${user}secret" < /dev/null > "log/$user.out" 2>&1 &
  makers+=($!)
done
for maker in "${makers[@]}"; do wait "$maker" || fail 'no user could be made for a job'; done
radosgw -c ceph.conf -n client.rgw -f < /dev/null > log/rgw.out 2>&1 &
pids+=($!)
for _ in $(seq 240); do
  kill -0 "${pids[2]}" 2>/dev/null || fail 'the gateway ended'
  if (exec 3<> "/dev/tcp/127.0.0.1/$gateway_port") 2>/dev/null; then
    echo ready
    cat > /dev/null
    exit 0
  fi
  sleep 0.25
done
fail 'the gateway does not answer'
