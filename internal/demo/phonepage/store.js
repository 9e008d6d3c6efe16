// Keeps the accounts in IndexedDB, which can hold keys that cannot be exported.
let opening;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("aye-phone", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("accounts", { keyPath: "codeHash" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run(mode, work) {
  const transaction = (await database()).transaction("accounts", mode);
  const request = work(transaction.objectStore("accounts"));
  return new Promise((resolve, reject) => {
    // Done means on disk: keys must be safe before a call speaks of them.
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

export const accounts = () => run("readonly", (store) => store.getAll());
export const account = (codeHash) => run("readonly", (store) => store.get(codeHash));
export const save = (account) => run("readwrite", (store) => store.put(account));
export const remove = (account) => run("readwrite", (store) => store.delete(account.codeHash));
