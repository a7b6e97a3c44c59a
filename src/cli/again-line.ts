/** The command that does to a file again what was done, for a shell: `replay` a capsule, `run` a capture. */
export function againLine(
  command: 'replay' | 'run',
  file: string,
  plant: string | undefined,
  pluginCommand: readonly string[] | undefined,
): string {
  return [
    `npx securemint-shadow ${command}`,
    quoted(file),
    ...(plant === undefined ? [] : [`--plant ${quoted(plant)}`]),
    ...(pluginCommand === undefined ? [] : ['--', ...pluginCommand.map(quoted)]),
  ].join(' ');
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
