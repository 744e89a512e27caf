import { parseSerialScript } from '../../src/emulator-host/serial-script.js';
import { TELL_TRUTH } from './tell-truth.js';

/**
 * What the zoo's guest does at its shell, as the file /moments: the part of its /init that starts the zoo, and at four
 * moments what it sees of itself. It waits for a line after each, so that nothing runs on.
 *
 * Moments: 1 nothing runs but the shell; 2 the zoo stands; 3 three of its programs have ended, its file system is
 * unmounted, a module is unloaded, and something is new; 4 all of it is gone.
 */
export const ZOO_MOMENTS = `echo 0 >/proc/sys/kernel/kptr_restrict
${TELL_TRUTH}
number=1 truth
read go

sed -n '/^echo 0 > /,/^i=0/p' /init >/tmp/zoo.sh
. /tmp/zoo.sh
sleep 3
number=2 truth
read go

ended=$(ps -o pid,args | awk '$2 == "tail" || $3 ~ /^(files|maps|33333)$/ { print $1 }')
kill -9 $ended
sleep 1
for each in $ended; do echo "LOG end $each"; done
umount /tmp/loopmnt
rmmod nf_tables
echo "LOG rmmod nf_tables"
exec 7>/tmp/opened.log
echo "LOG open 1 7 /tmp/opened.log"
sleep 6000 &
echo "LOG fork $!"
sleep 1
number=3 truth
read go

exec 7>&-
losetup -d /dev/loop7
kill -9 -1
wait
ip link del vzoo0
number=4 truth
read go
`;

export const MOMENTS = 4;

/** What is typed. */
export const ZOO_SCRIPT = parseSerialScript(
  ['expect # ', 'send . /moments\\n', ...[1, 2, 3].flatMap((each) => [`expect =MOMENT ${each}=`, 'send go\\n'])].join(
    '\n',
  ),
);
