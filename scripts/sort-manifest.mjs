/** Orders the commands in oclif.manifest.json by name: oclif writes them as the file system lists them, which differs. */
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../oclif.manifest.json', import.meta.url);
const { commands, ...rest } = JSON.parse(readFileSync(path, 'utf8'));
const ids = Object.keys(commands).sort();
const sorted = Object.fromEntries(ids.map((id) => [id, commands[id]]));
writeFileSync(path, `${JSON.stringify({ commands: sorted, ...rest }, null, 2)}\n`);
