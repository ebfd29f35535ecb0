import type { Define } from './context.ts'

interface Entry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<Define>
}

/** Every command, in the order of the help; its file is loaded only when it is asked for. */
export const commands: readonly Entry[] = [
  {
    name: 'show',
    summary: "a model's head maps at a glance: detectors and ablation",
    load: async () => (await import('./show.ts')).show,
  },
  {
    name: 'run',
    summary: 'one pass: next tokens, loss, captures, edits',
    load: async () => (await import('./run.ts')).run,
  },
  { name: 'generate', summary: 'continue a text', load: async () => (await import('./generate.ts')).generate },
  {
    name: 'scores',
    summary: 'what every head attends to: a map per detector',
    load: async () => (await import('./scores.ts')).scores,
  },
  {
    name: 'syntax',
    summary: 'how far heads follow the dependency parses of a file',
    load: async () => (await import('./syntax.ts')).syntax,
  },
  {
    name: 'ablate',
    summary: 'remove every head, one at a time',
    load: async () => (await import('./ablate.ts')).ablate,
  },
  {
    name: 'patch',
    summary: 'give a run single pieces of another: what carries the difference',
    load: async () => (await import('./patch.ts')).patch,
  },
  {
    name: 'knockout',
    summary: 'cut attention from some positions to others, layer by layer',
    load: async () => (await import('./knockout.ts')).knockout,
  },
  {
    name: 'scale',
    summary: 'turn heads up and down: a curve of the metric',
    load: async () => (await import('./scale.ts')).scale,
  },
  {
    name: 'self-repair',
    summary: 'what a head writes itself, and what others make up for',
    load: async () => (await import('./self-repair.ts')).selfRepair,
  },
  {
    name: 'writes',
    summary: 'any part of a pass read through the unembedding',
    load: async () => (await import('./writes.ts')).writes,
  },
  {
    name: 'routes',
    summary: 'what a representation is made of, down through the layers',
    load: async () => (await import('./routes.ts')).routes,
  },
  {
    name: 'rerun',
    summary: 'compute a result again and compare',
    load: async () => (await import('./rerun.ts')).rerun,
  },
  {
    name: 'tasks',
    summary: 'tasks at hand, and how well the model does on each',
    load: async () => (await import('./tasks.ts')).tasks,
  },
  {
    name: 'worker',
    summary: 'compute parts of long jobs from a queue',
    load: async () => (await import('./worker.ts')).worker,
  },
  {
    name: 'export',
    summary: 'write a model with its edits as .onnx',
    load: async () => (await import('./export.ts')).exportCommand,
  },
  {
    name: 'serve',
    summary: 'open the workbench on some models',
    load: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'models',
    summary: 'models at hand and families known',
    load: async () => (await import('./models.ts')).models,
  },
  { name: 'cache', summary: 'list or clear converted weights', load: async () => (await import('./cache.ts')).cache },
  {
    name: 'doctor',
    summary: 'what works here, and what to do about the rest',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'bench',
    summary: "speed against this machine's limits and other tools",
    load: async () => (await import('./bench.ts')).bench,
  },
]
