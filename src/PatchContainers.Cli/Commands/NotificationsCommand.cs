using System.CommandLine;
using System.Runtime.CompilerServices;
using PatchContainers.Images;
using PatchContainers.Records;
using PatchContainers.Scanning;

namespace PatchContainers.Cli.Commands;

/// <summary><c>notifications</c>: what Clair has to say of images that it scanned before.</summary>
internal static class NotificationsCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var webhooks = Options.List("--webhook", "FILE",
            "What Clair's notifier posted to a webhook: a file with it, or the JSON text itself.",
            text => text.AsSpan().TrimStart() is ['{', ..] ? text : Path.GetFullPath(text));
        var ids = Options.List("--id", "ID", "The id of a set of notifications.", text => text);
        var pages = Options.List("--page", "FILE", "A file with a page of notifications that was fetched before.", Path.GetFullPath);
        var images = Options.List("--image", "REF", "An image: only what is said of it is written, with its name.", ImageReference.Parse);
        var match = Options.Switch("--match", "Write what is said of the images of piped records, with their names, and nothing else.");
        var acknowledge = Options.Switch("--acknowledge",
            "Have the notifier forget what was read. Not together with images: when they are done.");
        var stores = new StoreArguments();
        var command = new Command("notifications",
            "Read what Clair has to say of images that it scanned before, and find which images that is about.")
        {
            webhooks, ids, pages, images, match, acknowledge,
        };
        stores.AddTo(command);
        command.SetAction(CommandRun.Action(host, globals, stores, async (run, cancellationToken) =>
        {
            var source = new ImageNotificationSource
            {
                Webhooks = run.Parsed.GetValue(webhooks)!,
                Ids = run.Parsed.GetValue(ids)!,
                Pages = run.Parsed.GetValue(pages)!,
            };
            var (named, isMatching) = (run.Parsed.GetValue(images)!, run.Parsed.GetValue(match));
            if (source.Webhooks.Count + source.Ids.Count + source.Pages.Count == 0)
            {
                throw new UsageException("Nothing to read. Name what a webhook got (--webhook), a set (--id), or a saved page (--page).");
            }

            if (run.Parsed.GetValue(acknowledge) && (named.Length > 0 || isMatching || source.Webhooks.Count + source.Ids.Count == 0))
            {
                throw new UsageException("--acknowledge goes with --webhook or --id, and not with images: acknowledge when they are done.");
            }

            var code = await run.WriteAllAsync(ReadAsync(run, source, named, isMatching, cancellationToken), null, cancellationToken)
                .ConfigureAwait(false);
            if (run.Parsed.GetValue(acknowledge))
            {
                await run.Services.Notifications.AcknowledgeAsync(source, cancellationToken).ConfigureAwait(false);
            }

            return code;
        }));
        return command;
    }

    private static async IAsyncEnumerable<ImageNotification> ReadAsync(CommandRun run, ImageNotificationSource source,
        ImageReference[] images, bool isMatching, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var notifications = await run.Services.Notifications.ReadAsync(source, run.Notices, cancellationToken).ConfigureAwait(false);
        if (images.Length == 0 && !isMatching)
        {
            foreach (var notification in notifications)
            {
                yield return notification;
            }

            yield break;
        }

        await foreach (var record in RecordsAsync(run, images, isMatching, cancellationToken).ConfigureAwait(false))
        {
            var found = run.Services.Notifications.FindAsync(record, notifications, run.Notices, cancellationToken);
            await foreach (var notification in run.UntilFailureAsync(found, cancellationToken).ConfigureAwait(false))
            {
                yield return notification;
            }
        }
    }

    private static async IAsyncEnumerable<PipelineRecord> RecordsAsync(
        CommandRun run, ImageReference[] images, bool isMatching, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var image in images)
        {
            yield return PipelineRecord.From(image);
        }

        if (isMatching)
        {
            await foreach (var record in run.ReadPipeAsync("Nothing to match. Name images with --image", cancellationToken)
                .ConfigureAwait(false))
            {
                yield return record;
            }
        }
    }
}
