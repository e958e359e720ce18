import { Routes } from '@angular/router';
import { InboxPage } from './inbox.page';

export const routes: Routes = [
  {
    path: '',
    title: 'Inbox',
    component: InboxPage,
    children: [
      {
        path: ':uuid',
        title: 'Conversation',
        loadComponent: () => import('./conversation.page').then((m) => m.ConversationPage),
      },
    ],
  },
];
