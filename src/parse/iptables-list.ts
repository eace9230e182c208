import type { Parsed } from './records.ts';

/** A listing in the words of iptables-save, each line in its place. */
export interface IptablesListing {
  text: string;
  unread: Parsed<never>['unread'];
  raw(line: number): string;
}

/** TEMP */
export function listingOf(_text: string): IptablesListing | null {
  return null;
}
