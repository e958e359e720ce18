import { Injectable, inject } from '@angular/core';
import { Api } from '../core/api';
import { MasterKey } from '../core/master-key';
import { Chatbot } from '../core/wire';

/** Reads chatbots as administrators see them. */
@Injectable({ providedIn: 'root' })
export class Chatbots {
  private readonly api = inject(Api);
  private readonly masterKey = inject(MasterKey);

  /**
   * One page of them. This route answers without the master key as well, and leaves
   * out then what is the administrators': so the key is asked for here.
   */
  async list(page: { skip: number; limit: number; search?: string }): Promise<{ items: Chatbot[]; count: number }> {
    const key = this.masterKey.value();
    const found = await this.api.get<{ chatbots: Chatbot[]; count: number }>('chatbot', page);
    if (found.chatbots.some((bot) => bot.prompt === undefined) && (await this.masterKey.ask(key))) {
      return this.list(page);
    }
    return { items: found.chatbots, count: found.count };
  }

  /** There is no route for one alone. */
  async one(id: string): Promise<Chatbot | undefined> {
    const limit = 200;
    for (let skip = 0; ; skip += limit) {
      const { items } = await this.list({ skip, limit });
      const bot = items.find((one) => one.chatbot_id === id);
      if (bot || items.length < limit) {
        return bot;
      }
    }
  }
}
