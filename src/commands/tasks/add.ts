import { stringify } from 'yaml';
import type { ExitCode, Io } from '../io.ts';
import { withQueue } from './queue.ts';

/** `oompa tasks add "title"`. */
export interface AddOptions {
  readonly title: string;
  /** The name of the file; made from the title when left out. */
  readonly id?: string;
  readonly description?: string;
  readonly acceptance?: readonly string[];
  readonly files?: readonly string[];
  readonly dependsOn?: readonly string[];
  readonly priority?: number;
}

/** Writes a task file into `tasks/pending/`. */
export async function addTask(options: AddOptions, io: Io): Promise<ExitCode> {
  const { title, id = idFrom(title), description, acceptance, files, dependsOn, priority } = options;
  if (title.trim() === '') {
    io.stderr('A task needs a title: oompa tasks add "Add a login form"\n');
    return 2;
  }
  if (priority !== undefined && !Number.isFinite(priority)) {
    io.stderr('`--priority` takes a number, lower first: oompa tasks add "…" --priority 1\n');
    return 2;
  }
  const fields = { title: title.trim(), description, acceptance, files, depends_on: dependsOn, priority };
  return withQueue(io, async (queue) => {
    const text = stringify(fields, { lineWidth: 0 });
    const added = await queue.add({ id, text, extension: '.yaml', record: {} });
    if (added.kind === 'refused') {
      io.stderr(`The task was not added: ${added.message}. Try: oompa tasks add "…" --id another-name\n`);
      return 2;
    }
    const why = added.task.id === id ? '' : ` (\`${id}\` exists already)`;
    io.stdout(`tasks/pending/${added.task.id}.yaml${why}\nStart with: oompa swarm\n`);
    return 0;
  });
}

/** `Add a login form` → `add-a-login-form`; accents go, and what is no Latin letter or digit becomes a dash. */
function idFrom(title: string): string {
  const words = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  let id = '';
  for (const word of words) {
    if (id !== '' && id.length + word.length >= longestId) break;
    id = id === '' ? word.slice(0, longestId) : `${id}-${word}`;
  }
  return id === '' ? 'task' : id;
}

/** Ids are typed by hand, and shown in columns. */
const longestId = 40;
