/** Durations on the command line are read as those of the cluster side are. */
export { parseGoDuration } from '../collect/duration.ts';
