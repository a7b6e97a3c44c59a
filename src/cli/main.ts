#!/usr/bin/env node
// The plugin starts from here too: it must not pay for the other commands, whose libraries it does not use.
const isPlugin = process.argv.length === 3 && process.argv[2] === 'plugin';
if (isPlugin) {
  const { pluginCommand } = await import('./plugin.ts');
  await pluginCommand();
} else {
  const { main } = await import('./program.ts');
  process.exitCode = await main(process.argv.slice(2));
}
