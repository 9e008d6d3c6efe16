const en = {
  app: "Aye", requests: "Requests", accounts: "Accounts", history: "History", add: "Add an account", language: "Nederlands",
  empty: "No account yet", emptyText: "Scan the QR code that a login page shows, and this phone can approve your logins.",
  calm: "Nothing to approve", calmText: "When you log in somewhere, the request appears here by itself.",
  waitingOne: "1 request waits", waitingMany: "{0} requests wait",
  camera: "Scan the QR code", picture: "Choose a picture of it", paste: "Or paste the link", go: "Link", stop: "Stop the camera",
  noCamera: "The camera cannot be used here. Choose a picture or paste the link.", noCode: "There is no QR code of Aye in this picture.",
  badLink: "That is no link from a login page. It looks like https://…/p#1.…",
  confirmPair: "Link this phone?", confirmPairText: "It will be asked to approve logins at", yes: "Link this phone", no: "Not now",
  paired: "Linked to {0}", awaitingCode: "Type these digits into the page", awaitingCodeText: "On the page that showed the QR code, so that it knows it is this phone.",
  awaitingApproval: "Ask your other phone", awaitingApprovalText: "Your other phone is asked whether this one may join.",
  burned: "This code was used by another phone", burnedText: "To be safe it works no more. Make a new one, out of sight of others.",
  title: "Accept login request?", titlePhone: "Let another phone join?", for: "For", place: "From", with: "With", fresh: "first time with this browser", left: "{0} left",
  number: "Type the number on the screen", tap: "Only accept if you are logging in right now.",
  accept: "Accept", deny: "Deny", report: "This was not me", back: "Back",
  approved: "Accepted", approvedText: "The browser goes on by itself.", denied: "Denied", deniedText: "Nobody was let in.",
  reported: "Reported", reportedText: "Nobody gets in with this request. Change your password soon: somebody may know it.",
  mismatched: "That was another number", mismatchedText: "To be safe this request is over. Log in again for a new one.",
  expired: "Time is up", expiredText: "Nobody was let in.", superseded: "There is a newer request", supersededText: "Answer that one.",
  cancelled: "Withdrawn", cancelledText: "The login page took its question back.", decided: "Already answered", decidedText: "This request was answered before.",
  released: "Let in", lapsed: "Accepted, not used", pending: "Waiting", numberRequired: "Answer the other request first: two ask at the same time.",
  ok: "Done", code: "Code without network", unpair: "Unlink", unpairSure: "Unlink this phone from {0}? You may need it to log in.",
  none: "Nothing in the last 30 days.", notMine: "Was this not you?", trouble: "No connection to Aye. Trying again…", failed: "That did not work: {0}",
  gone: "This phone was unlinked by the server.", unfinished: "Linking was not finished", tryAgain: "Try again", remove: "Remove",
};
const nl = {
  app: "Aye", requests: "Verzoeken", accounts: "Accounts", history: "Geschiedenis", add: "Account toevoegen", language: "English",
  empty: "Nog geen account", emptyText: "Scan de QR-code die een inlogpagina toont, dan kan deze telefoon je logins goedkeuren.",
  calm: "Niets goed te keuren", calmText: "Log je ergens in, dan verschijnt het verzoek hier vanzelf.",
  waitingOne: "1 verzoek wacht", waitingMany: "{0} verzoeken wachten",
  camera: "Scan de QR-code", picture: "Kies een foto ervan", paste: "Of plak de link", go: "Koppel", stop: "Stop de camera",
  noCamera: "De camera werkt hier niet. Kies een foto of plak de link.", noCode: "Op deze foto staat geen QR-code van Aye.",
  badLink: "Dat is geen link van een inlogpagina. Hij ziet eruit als https://…/p#1.…",
  confirmPair: "Deze telefoon koppelen?", confirmPairText: "Hij krijgt de vraag om logins goed te keuren bij", yes: "Koppel deze telefoon", no: "Nu niet",
  paired: "Gekoppeld aan {0}", awaitingCode: "Typ deze cijfers op de pagina", awaitingCodeText: "Op de pagina die de QR-code toonde, dan weet die dat het deze telefoon is.",
  awaitingApproval: "Vraag het je andere telefoon", awaitingApprovalText: "Je andere telefoon krijgt de vraag of deze erbij mag.",
  burned: "Een andere telefoon gebruikte deze code", burnedText: "Voor de zekerheid werkt hij niet meer. Maak een nieuwe, uit het zicht van anderen.",
  title: "Inlogverzoek accepteren?", titlePhone: "Mag een andere telefoon erbij?", for: "Voor", place: "Vanaf", with: "Met", fresh: "voor het eerst met deze browser", left: "nog {0}",
  number: "Typ het getal op het scherm", tap: "Accepteer alleen als je nu zelf inlogt.",
  accept: "Accepteren", deny: "Weigeren", report: "Dit was ik niet", back: "Terug",
  approved: "Geaccepteerd", approvedText: "De browser gaat vanzelf verder.", denied: "Geweigerd", deniedText: "Niemand is binnengelaten.",
  reported: "Gemeld", reportedText: "Met dit verzoek komt niemand binnen. Verander snel je wachtwoord: misschien kent iemand het.",
  mismatched: "Dat was een ander getal", mismatchedText: "Voor de zekerheid stopt dit verzoek. Log opnieuw in voor een nieuw.",
  expired: "De tijd is om", expiredText: "Niemand is binnengelaten.", superseded: "Er is een nieuwer verzoek", supersededText: "Beantwoord dat.",
  cancelled: "Ingetrokken", cancelledText: "De inlogpagina nam de vraag terug.", decided: "Al beantwoord", decidedText: "Dit verzoek is eerder beantwoord.",
  released: "Binnengelaten", lapsed: "Geaccepteerd, niet gebruikt", pending: "Wacht", numberRequired: "Beantwoord eerst het andere verzoek: er vragen er twee tegelijk.",
  ok: "Klaar", code: "Code zonder netwerk", unpair: "Ontkoppel", unpairSure: "Deze telefoon ontkoppelen van {0}? Misschien heb je hem nodig om in te loggen.",
  none: "Niets in de laatste 30 dagen.", notMine: "Was jij dit niet?", trouble: "Geen verbinding met Aye. We proberen het opnieuw…", failed: "Dat lukte niet: {0}",
  gone: "Deze telefoon is door de server ontkoppeld.", unfinished: "Het koppelen is niet afgemaakt", tryAgain: "Probeer opnieuw", remove: "Verwijder",
};

const chosen = localStorage.getItem("language");
export const language = chosen ?? (navigator.languages.find((l) => /^(nl|en)\b/.test(l)) ?? "en").slice(0, 2);
export const other = language === "nl" ? "en" : "nl";
const words = language === "nl" ? nl : en;

// t gives the words for a key; what it does not know it gives back.
export const t = (key, ...values) => (words[key] ?? key).replace(/\{(\d)\}/g, (_, i) => values[i] ?? "");
