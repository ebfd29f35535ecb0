import type { TemplateRequest } from '../../../text/template.ts'
import { HeadwiseError } from '../../../words/error.ts'

/** The browser's twin of src/text/template.ts: templates are programs of strangers, and a page has no process to stop. */
export async function renderTemplate({ file }: TemplateRequest, _signal?: AbortSignal): Promise<string[]> {
  throw new HeadwiseError(
    `The chat template of ${file} is not run in a page; give the text itself, or use the command.`,
    {
      code: 'chat-template-process',
      fault: 'usage',
      file,
      where: 'chat_template',
    },
  )
}
