/** Expect/send scripts. */
import { expect, test } from 'vitest';
import { parseSerialScript, SerialScript } from '../../src/emulator-host/serial-script.js';

function run(source: string, printed: string): { typed: string; waiting: number | undefined } {
  let typed = '';
  const script = new SerialScript(parseSerialScript(source), (bytes) => {
    typed += new TextDecoder().decode(bytes);
  });
  for (const byte of new TextEncoder().encode(printed)) script.printed(byte);
  return { typed, waiting: script.waitingFor?.line };
}

test('types when the text has come, in order', () => {
  const source = 'expect login:\nsend root\\n\n# comment\n\nexpect # \nsend poweroff\\r\nsend \\x04\n';
  expect(run(source, 'debian login')).toEqual({ typed: '', waiting: 1 });
  expect(run(source, 'debian login: ')).toEqual({ typed: 'root\n', waiting: 5 });
  expect(run(source, 'login: # ')).toEqual({ typed: 'root\npoweroff\r\x04', waiting: undefined });
});

test('does not count text that came before it was expected', () => {
  expect(run('expect a\nexpect a\nsend x', 'ba')).toEqual({ typed: '', waiting: 2 });
  expect(run('expect aab\nsend x', 'aaab')).toEqual({ typed: 'x', waiting: undefined });
});

test.each([
  ['press enter', /script line 1 is not understood: press enter/],
  ['expect a\nsend \\q', /script line 2: \\q is no escape/],
])('refuses %j', (source, message) => {
  expect(() => parseSerialScript(source)).toThrow(message);
});
