import type { Texts } from './texts';

const number = new Intl.NumberFormat('ar');
const plural = new Intl.PluralRules('ar');

/** Arabic counts in six forms; the noun changes with them. */
const unread: Record<string, (count: string) => string> = {
  zero: () => 'لا توجد رسائل غير مقروءة',
  one: () => 'رسالة واحدة غير مقروءة',
  two: () => 'رسالتان غير مقروءتين',
  few: (count) => `${count} رسائل غير مقروءة`,
  many: (count) => `${count} رسالة غير مقروءة`,
  other: (count) => `${count} رسالة غير مقروءة`,
};

const ar: Texts = {
  dir: 'rtl',
  title: 'تحدث معنا',
  openChat: 'فتح المحادثة',
  closeChat: 'إغلاق المحادثة',
  unread: (count) => unread[plural.select(count)](number.format(count)),
  dismissPreview: 'إغلاق المعاينة',

  greeting: 'مرحبًا! كيف يمكننا مساعدتك؟',
  hint: 'اطرح سؤالك. يمكنك التحدث إلى موظف في أي وقت.',
  messages: 'الرسائل',
  earlier: 'عرض الرسائل السابقة',
  toNewest: 'إلى أحدث رسالة',
  today: 'اليوم',
  yesterday: 'أمس',

  you: 'أنت',
  assistant: 'المساعد',
  agent: 'موظف الدعم',
  system: 'تنبيه',
  typing: 'يكتب الآن',
  stop: 'إيقاف',
  edited: 'معدلة',
  sources: 'المصادر',

  placeholder: 'اكتب رسالة…',
  send: 'إرسال الرسالة',
  attach: 'إرفاق ملف',
  removeFile: (name) => `إزالة ${name}`,
  uploading: (name) => `جارٍ رفع ${name}`,
  uploadFailed: (name) => `تعذر رفع ${name}`,
  download: (name) => `تنزيل ${name}`,
  attachment: 'مرفق',

  sending: 'جارٍ الإرسال…',
  queued: 'في انتظار الاتصال',
  sent: 'أُرسلت',
  read: 'قُرئت',
  failed: 'لم تُرسل.',
  retry: 'إعادة المحاولة',
  discard: 'حذف',
  stopped: 'تم الإيقاف',
  interrupted: 'انقطع الرد',
  replyFailed: 'تعذر الرد',

  assistantState: 'يجيب فورًا',
  person: 'التحدث إلى موظف',
  waiting: 'أنت في قائمة الانتظار',
  place: (position) =>
    position === 1 ? 'أنت التالي في قائمة الانتظار' : `ترتيبك ${number.format(position)} في قائمة الانتظار`,
  waited: (time) => `مدة الانتظار ${time}`,
  withAgent: 'أنت تتحدث مع موظف دعم',
  resolved: 'انتهت هذه المحادثة. اكتب لفتحها من جديد.',

  clear: 'مسح السجل',
  clearQuestion: 'هل تريد مسح السجل كله؟',
  clearDetail: 'ستُحذف جميع رسائل هذه المحادثة، ولا يمكن التراجع عن ذلك.',
  cancel: 'إلغاء',
  dismiss: 'إغلاق',

  connecting: 'جارٍ الاتصال…',
  offline: 'لا يوجد اتصال. رسائلك محفوظة وستُرسل عند عودته.',
  draining: 'يُعاد تشغيل الخادم. رسائلك محفوظة؛ لحظة من فضلك.',
  refused: 'تم تسجيل خروجك.',
  tryAgain: 'إعادة المحاولة',
  startAnew: 'بدء محادثة جديدة',
  failedAction: 'لم ينجح ذلك. حاول مرة أخرى من فضلك.',
};

export default ar;
