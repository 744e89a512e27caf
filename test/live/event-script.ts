import { TELL_TRUTH } from './tell-truth.js';

/**
 * What the guest of events does: `/init`. It says on ttyS0 what it has done (`LOG fork 93`), what it sees of itself, and
 * then, with nothing else running, `=MOMENT n=`.
 *
 * Moments: 1 the start; 2 after a fork, an exit, an open, a module, a mapping, another user id, a mount and a server; 3
 * after an idle second; 4 after all of that was undone.
 */
export const MOMENTS = 4;

export const EVENT_SCRIPT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /tmp /mnt
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t tmpfs tmp /tmp
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
exec </dev/ttyS0 >/dev/ttyS0 2>&1
echo 0 >/proc/sys/kernel/kptr_restrict
ip link set lo up
mkfifo /tmp/trigger

${TELL_TRUTH}

sleep 4000 &
ended=$!
sleep 5000 &
/bin/events <>/tmp/trigger &
mapper=$!
sleep 2
number=1 truth

sleep 6000 &
forked=$!
echo "LOG fork $forked"
kill $ended
wait $ended 2>/dev/null
echo "LOG exit $ended"
exec 7>/tmp/opened.log
echo "LOG open 1 7 /tmp/opened.log"
insmod /modules/dummy.ko
echo "LOG insmod dummy"
echo x >/tmp/trigger
echo "LOG mmap $mapper 8192"
echo "LOG setuid $mapper 1000"
mount -t tmpfs second /mnt
echo "LOG mount second /mnt"
nc -l -p 4444 >/dev/null &
server=$!
echo "LOG listen $server 4444"
sleep 1
number=2 truth

sleep 1
number=3 truth

kill $forked $server $mapper
wait $forked $server $mapper 2>/dev/null
exec 7>&-
rmmod dummy
umount /mnt
sleep 1
number=4 truth
poweroff -f
`;
