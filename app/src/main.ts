import { mount } from 'svelte'
import App from './App.svelte'
import { openClient } from './engine/client.ts'
import { Live } from './engine/live.svelte.ts'
import { Workbench } from './state/store.svelte.ts'
import './styles/tokens.css'
import './styles/page.css'

const bench = new Workbench(window)
mount(App, {
  target: document.getElementById('app')!,
  props: { bench, live: new Live(bench, openClient()) },
})
