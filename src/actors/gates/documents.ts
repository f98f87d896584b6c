/** The documents of a task as a commit has them. Links are no documents: where they lead is not part of what was published. */
import { type Git, listed } from '../git.ts';

/** A document of more than this is none that anybody reads. */
const longestBytes = 1_000_000;

export interface Documents {
  /** Sizes in bytes, by path inside the documents folder. */
  sizes: ReadonlyMap<string, number>;
  /** The text of one; undefined where it is not there, or too long. */
  read(path: string): Promise<string | undefined>;
}

export async function documentsAt(git: Git, commit: string, folder: string): Promise<Documents> {
  const entries = await listed(git, ['ls-tree', '-r', '-l', '-z', '--full-tree', commit, '--', `${folder}/`]);
  const files = entries.flatMap(entry => {
    const [words = '', path = ''] = entry.split('\t');
    const [mode = '', , , size = ''] = words.split(/ +/);
    return mode.startsWith('100') ? [[path.slice(folder.length + 1), Number(size)] as const] : [];
  });
  const sizes = new Map(files);
  return {
    sizes,
    async read(path) {
      if ((sizes.get(path) ?? Number.POSITIVE_INFINITY) > longestBytes) return undefined;
      return (await git.result(['cat-file', 'blob', `${commit}:${folder}/${path}`])).stdout;
    },
  };
}
