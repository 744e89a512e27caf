/** Writes docs/plugins.md from what the plugins declare. Runs after tsc, on its output. */
import { writeFileSync } from 'node:fs';
import { loadPlugin, pluginFiles } from '../build/analysis/registry.js';
import { commandWords } from '../build/cli/resolve-plugins.js';

const groups = { common: [], linux: [], windows: [] };
for (const file of pluginFiles()) {
  const plugin = await loadPlugin(file);
  const words = commandWords(plugin);
  groups[words.length === 1 ? 'common' : plugin.scope].push({ plugin, words });
}

const TITLES = { common: 'Common commands', linux: 'Linux', windows: 'Windows' };
const row = ({ plugin, words }) => {
  const aliases = (plugin.aliases ?? []).filter((alias) => alias.includes('.')).map((alias) => `\`${alias}\``);
  const columns = Object.keys(plugin.columns).map((name) => `\`${name}\``);
  return `| \`${words.join(' ')}\` | ${plugin.summary} | ${columns.join(' ')} | ${aliases.join(' ')} |`;
};

const sections = Object.entries(groups)
  .filter(([, entries]) => entries.length > 0)
  .map(
    ([group, entries]) => `## ${TITLES[group]}

| command | what it does | columns | Volatility 3 |
|---|---|---|---|
${entries.map(row).join('\n')}
`,
  );

writeFileSync(
  new URL('../docs/plugins.md', import.meta.url),
  `# Plugins

Written by the build from the plugins themselves. Names of Volatility 3 work as commands too, as does any unique part of
a name. \`memlapse schema NAME\` prints the JSON Schema of the rows, \`memlapse NAME --help\` the options.
What differs from Volatility's results, and why: [differences](differences.md).

${sections.join('\n')}`,
);
