/** The repository of the demo: a little shop with a bug and a test that shows it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gitIn } from '../actors/git.ts';

const files: Record<string, string> = {
  'README.md': '# Shop\n\nA little shop, for the demo of Signalbox.\n',
  'package.json': `${JSON.stringify({ name: 'shop', private: true, type: 'module', scripts: { test: 'sh test.sh' } }, null, 2)}\n`,
  Makefile: 'test:\n\t@sh test.sh\n',
  'total.sh': '# Prints the total of an order: total.sh PRICE QUANTITY\necho "$1"\n',
  'test.sh': `# The tests of the shop.
status=0
expect() {
  if [ "$2" = "$3" ]; then echo "ok - $1"; else echo "not ok - $1: expected $3, got $2"; status=1; fi
}
expect "one item" "$(sh total.sh 3 1)" 3
expect "two items" "$(sh total.sh 3 2)" 6
exit $status
`,
};

/** Makes the repository in an empty directory, with one commit on `main`. */
export async function makeDemoRepository(directory: string): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const git = gitIn(directory);
  await git(['init', '--quiet', '--initial-branch=main']);
  await git(['add', '--all']);
  await git(['commit', '--quiet', '-m', 'Open the shop']);
}
