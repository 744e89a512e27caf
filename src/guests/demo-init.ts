/**
 * What the demonstration guest does: its first process, a shell script. It prints `=MOMENT n=` on the first serial port
 * when something worth a snapshot has happened, and powers off at the end, or sleeps with `idle` on the kernel's command
 * line.
 */

/** The moments, in order, with what has just happened. */
export const DEMO_MOMENTS = [
  'the guest is up: a server listens, a file is deleted and still open',
  'a program with code in anonymous memory was started, a module loaded, one process ended and another began',
  'the server was taken off the list of processes, by a write to memory: it runs on',
] as const;

/** The process that is hidden, and the line after which it is. */
export const DEMO_HIDES = [{ process: 'nc', after: '=HIDE nc=' }] as const;

/** `/init`. Busybox is at /bin/busybox, modules at /modules/NAME.ko, in the order of /modules/list. */
export const DEMO_INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /tmp /dev /bin
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t tmpfs tmp /tmp
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
exec </dev/ttyS0 >/dev/ttyS0 2>&1
hostname demo
ip link set lo up
ip addr add 127.0.0.1/8 dev lo 2>/dev/null

nc -l -p 4444 >/dev/null &
sh -c 'exec 5>/tmp/dropped.bin; echo secret >&5; rm /tmp/dropped.bin; exec sleep 5000' &
SECRET=hunter2 sleep 6000 &
sh -c 'sleep 7000; true' &
sleep 1 &
sleep 2
echo "=MOMENT 1="
sleep 2

cp /bin/anonymous-code /tmp/.updater
/tmp/.updater &
sleep 1
rm /tmp/.updater
for module in $(cat /modules/list); do insmod /modules/$module.ko; done
sleep 8000 &
kill %3
sleep 1
echo "=MOMENT 2="
sleep 1
echo "=HIDE nc="
sleep 1
echo "=MOMENT 3="
case " $(cat /proc/cmdline) " in *" idle "*) exec sleep 1000000 ;; esac
sleep 1
poweroff -f
`;
