#!/usr/bin/env node
// The command itself is TypeScript: tsx strips the types as files are loaded, so nothing is built.
import 'tsx/esm';

const { main } = await import('./cli.ts');
await main(process.argv);
