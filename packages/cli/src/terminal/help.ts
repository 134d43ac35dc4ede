import type { Command } from 'commander';
import { type Output, styled } from './style.js';
import { wrapText } from './wrap.js';

/** Columns of help: those of the terminal, but no lines that are too long to read. */
const helpWidth = ({ columns = 80 }: Output): number => Math.min(Math.max(columns, 60), 100);

/** Lets the help and the usage errors of a program, and of commands that are added later, fit the terminal, in its colours. */
export const styleHelp = (program: Command): Command =>
  program
    .configureHelp({
      styleTitle: (text) => styled('bold', text, process.stdout),
      styleCommandText: (text) => styled('cyan', text, process.stdout),
      styleOptionText: (text) => styled('cyan', text, process.stdout),
      styleSubcommandText: (text) => styled('cyan', text, process.stdout),
      styleArgumentText: (text) => styled('cyan', text, process.stdout),
    })
    .configureOutput({
      getOutHelpWidth: () => helpWidth(process.stdout),
      getErrHelpWidth: () => helpWidth(process.stderr),
      writeOut: (text) => process.stdout.write(wrapParagraphs(text, helpWidth(process.stdout))),
      outputError: (text, write) => write(text.replace(/^error:/, styled('red', 'recsys:', process.stderr))),
    });

/** Returns text with its long lines wrapped, but those that are indented: they are examples, or wrapped already. */
const wrapParagraphs = (text: string, width: number): string =>
  text
    .split('\n')
    .flatMap((line) => (line.startsWith(' ') ? [line] : wrapText(line, { width, indent: 0 })))
    .join('\n');
