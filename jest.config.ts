import type { Config } from 'jest';

const shared: Config = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          experimental: { keepImportAttributes: true },
          parser: { syntax: 'typescript', tsx: true },
          target: 'es2022',
          transform: { react: { runtime: 'automatic' } },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

const layers = ['kernel', 'cluster', 'terminal'];

/** One project a layer: unit needs Node only, the others what test/run.mjs checks for. */
const config: Config = {
  // A deadline against hanging, wide enough for a busy machine.
  testTimeout: 60_000,
  testSequencer: '<rootDir>/test/order.ts',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/test/**/*.test.tsx'],
      testPathIgnorePatterns: ['/node_modules/', ...layers.map(layer => `<rootDir>/test/${layer}/`)],
    },
    ...layers.map(layer => ({ ...shared, displayName: layer, testMatch: [`<rootDir>/test/${layer}/**/*.test.ts`] })),
  ],
};

export default config;
