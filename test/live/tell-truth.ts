/**
 * A function for a guest's shell: `number=2 truth` prints what is in /proc (as `grep -H` and `ls -l` do, `procFiles` of
 * event-truth.ts reads it) and then `=MOMENT 2=`.
 *
 * The shell expands the names before it starts a program, so that the program is not in its own list; nothing is
 * redirected, for the shell does that with descriptors of its own.
 */
export const TELL_TRUTH = `truth() {
  grep -H "" /proc/modules /proc/1/mountinfo /proc/net/dev
  for each in tcp tcp6 udp udp6 raw unix netlink packet; do grep -sH "" /proc/net/$each; done
  grep -sH "" /proc/[0-9]*/maps
  ls -l /proc/[0-9]*/fd
  grep -sH "^[UG]id" /proc/[0-9]*/status
  grep -sH "" /proc/[0-9]*/stat /proc/[0-9]*/task/[0-9]*/stat
  echo "=MOMENT $number="
}`;
