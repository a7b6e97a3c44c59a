/** The command that replays a capsule anywhere, for a shell. */
export function replayLine(
  file: string,
  plant: string | undefined,
  pluginCommand: readonly string[] | undefined,
): string {
  return [
    'npx securemint-shadow replay',
    quoted(file),
    ...(plant === undefined ? [] : [`--plant ${quoted(plant)}`]),
    ...(pluginCommand === undefined ? [] : ['--', ...pluginCommand.map(quoted)]),
  ].join(' ');
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
