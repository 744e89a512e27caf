/**
 * Writes a command module into build/commands for every plugin, so that a new plugin file is a new command without
 * another edit. Runs after tsc, on its output.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { loadPlugin, pluginFiles } from '../build/analysis/registry.js';
import { commandWords } from '../build/cli/resolve-plugins.js';

const commands = new Map();
for (const file of pluginFiles()) {
  const words = commandWords(await loadPlugin(file));
  const id = words.join('/');
  commands.set(id, [...(commands.get(id) ?? []), file]);
}

for (const [id, files] of commands) {
  const up = '../'.repeat(id.split('/').length);
  const imports = files.map(
    ({ folder, name }, index) => `import plugin${index} from '${up}analysis/${folder}/${name}.js';`,
  );
  const path = new URL(`../build/commands/${id}.js`, import.meta.url);
  mkdirSync(new URL('.', path), { recursive: true });
  writeFileSync(
    path,
    `${imports.join('\n')}
import { pluginCommand } from '${up}cli/plugin-command.js';
export default pluginCommand(${files.map((_, index) => `plugin${index}`).join(', ')});
`,
  );
}

// What launcher/load-bundle.ts finds in the bundle.
const names = readdirSync(new URL('../build/commands/', import.meta.url), { recursive: true })
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.replaceAll('\\', '/').slice(0, -'.js'.length))
  .sort();
writeFileSync(
  new URL('../build/cli/bundle.js', import.meta.url),
  `export { main } from './main.js';
const COMMANDS = {
${names.map((name) => `  '${name}': () => import('../commands/${name}.js'),\n`).join('')}};
export const loadCommand = async (name) => (await COMMANDS[name]()).default;
export const loadCommandNotFound = async () => (await import('./hooks/command-not-found.js')).default;
`,
);
