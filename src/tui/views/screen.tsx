import { Box, Text } from 'ink';
import { memo } from 'react';
import type { State } from '../state.ts';
import { screenLines } from './lines.ts';

/**
 * The whole screen of a state, a line a row. Lines come with their borders: boxes that Ink draws and clips cost three times
 * as much for each key.
 */
export function Screen({ state }: { state: State }) {
  return (
    <Box flexDirection="column" width={state.columns} height={state.rows}>
      {screenLines(state).map((text, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line of the screen is its place; what is written there changes
        <Line key={at} text={text} />
      ))}
    </Box>
  );
}

/** One line; an empty one takes its place too. */
const Line = memo(function Line({ text }: { text: string }) {
  return <Text wrap="truncate-end">{text === '' ? ' ' : text}</Text>;
});
