#!/usr/bin/env node
// Plain JavaScript that any Node can parse: it must be able to say that this Node is too old.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `signalbox needs Node 22.18 or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Install a current one from https://nodejs.org; in a checkout, npx finds the one that npm ci has brought.\n',
  );
  process.exit(2);
}
Promise.all([import('node:fs'), import('node:module')]).then(async ([{ existsSync }, { enableCompileCache }]) => {
  // Halves the time until a command answers.
  enableCompileCache?.();
  // In a checkout the sources run as they are; the published package holds only dist.
  const source = new URL('../src/main.ts', import.meta.url);
  await import(existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href);
});
