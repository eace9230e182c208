import { Box, Text } from 'ink';
import { memo } from 'react';
import { columnsOf } from '../../render/layout.ts';
import { shorten } from '../columns.ts';
import { geometryOf, least } from '../geometry.ts';
import type { State } from '../state.ts';
import { crumbs, foot, type PaneLines, panes, rawLines } from './lines.ts';

/** The whole screen of a state: head, panes, raw text, foot. */
export function Screen({ state }: { state: State }) {
  const { columns, rows } = state;
  if (columns < least.columns || rows < least.rows)
    return <Line text={shorten(`too small: ${least.columns}x${least.rows} at least`, columns)} />;
  const { lines, raw } = geometryOf(state);
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      <Line text={crumbs(state)} />
      <Box height={lines + 2}>
        {panes(state).map((pane, at) => (
          <Pane key={at === 0 ? 'first' : 'second'} {...pane} />
        ))}
      </Box>
      {raw > 0 && (
        <Box flexDirection="column" height={raw}>
          <Lines lines={rawLines(state)} />
        </Box>
      )}
      <Line text={foot(state)} />
    </Box>
  );
}

function Pane({ title, lines, width, active }: PaneLines) {
  const name = shorten(` ${title} `, width);
  const rule = '─'.repeat(Math.max(0, width + 1 - columnsOf(name)));
  return (
    <Box flexDirection="column" width={width + 4}>
      <Line text={`┌─${name}${rule}┐`} />
      <Box
        borderStyle="single"
        borderTop={false}
        borderDimColor={!active}
        paddingX={1}
        flexDirection="column"
        flexGrow={1}
        overflow="hidden"
      >
        <Lines lines={lines} />
      </Box>
    </Box>
  );
}

function Lines({ lines }: { lines: readonly string[] }) {
  return lines.map((text, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a line of the screen is its place; what is written there changes
    <Line key={at} text={text} />
  ));
}

/** One line, cut where it ends; an empty one takes its place too. */
const Line = memo(function Line({ text }: { text: string }) {
  return <Text wrap="truncate-end">{text === '' ? ' ' : text}</Text>;
});
