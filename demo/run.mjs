import { installPackages, runWithProjectNode } from '../.ci/install.mjs';

installPackages();
runWithProjectNode('demo/show.ts', process.argv.slice(2));
