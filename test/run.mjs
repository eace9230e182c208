import { installPackages, runWithProjectNode } from '../.ci/install.mjs';

installPackages();
runWithProjectNode('test/layers.ts', process.argv.slice(2));
