import type { ChatMessage } from '@parley/chat-core';

/** Whether a message's text is but the name of its one file. */
export const isName = ({ contentType, files }: ChatMessage): boolean => contentType === 'file' && files.length === 1;
