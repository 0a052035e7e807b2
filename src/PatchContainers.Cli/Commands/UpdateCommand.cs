using System.CommandLine;
using System.Runtime.CompilerServices;
using PatchContainers.Images;
using PatchContainers.Updating;

namespace PatchContainers.Cli.Commands;

/// <summary><c>update</c>: images on their current base.</summary>
internal static class UpdateCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var images = Options.List("--image", "REF",
            "An image in a registry, in its folder, or oci:DIR[:TAG]. Else the images of piped records.", ImageReference.Parse);
        var bases = StaleCommand.BaseImages();
        var strategy = Options.Choice("--strategy", "How to update.", UpdateStrategy.Auto);
        var tag = new Option<string?>("--tag")
        {
            Description = "The new image's tag. Without it: TAG-patched- and 8 digits of the new base's digest.",
            HelpName = "TAG",
        };
        var force = Options.Switch("--force", "Move a tag that names another image already.");
        var whatIf = Options.Switch("--what-if", "Show the plan, and write nothing.");
        var stores = new StoreArguments();
        var command = new Command("update",
            "Put the current base image under an application's layers, and prove what that fixed.")
        {
            images, bases, strategy, tag, force, whatIf,
        };
        stores.AddTo(command);
        command.SetAction(CommandRun.Action(host, globals, stores, async (run, cancellationToken) =>
        {
            var options = new BaseImageUpdateOptions
            {
                Strategy = run.Parsed.GetValue(strategy),
                Tag = run.Parsed.GetValue(tag),
                Overwrite = run.Parsed.GetValue(force),
                BaseImages = run.Services.KnownBases(run.Parsed.GetValue(bases)!),
            };
            var targets = await ReadTargetsAsync(run, run.Parsed.GetValue(images)!, cancellationToken).ConfigureAwait(false);
            var updates = UpdateAsync(run, targets, options, run.Parsed.GetValue(whatIf), cancellationToken);
            return await run.WriteAllAsync(updates, null, cancellationToken).ConfigureAwait(false);
        }));
        return command;
    }

    private static async IAsyncEnumerable<BaseImageUpdate> UpdateAsync(CommandRun run, IReadOnlyList<UpdateTarget> targets,
        BaseImageUpdateOptions options, bool whatIf,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var target in targets)
        {
            var update = await run.TryReportAsync(async () =>
            {
                var plan = await run.Services.Updater.PlanAsync(target, options, run.Notices, cancellationToken).ConfigureAwait(false);
                return whatIf
                    ? plan.Preview
                    : await run.Services.Updater.ApplyAsync(plan, run.Notices, cancellationToken).ConfigureAwait(false);
            }).ConfigureAwait(false);
            if (update is not null)
            {
                yield return update;
            }
        }
    }

    // All of the input is read first: an image that several records name is updated once, with the workloads of all of them.
    private static async Task<IReadOnlyList<UpdateTarget>> ReadTargetsAsync(CommandRun run, ImageReference[] images,
        CancellationToken cancellationToken)
    {
        if (images.Length > 0)
        {
            return UpdateTarget.Merge(images.Select(UpdateTarget.From));
        }

        var targets = new List<UpdateTarget>();
        await foreach (var record in run.ReadPipeAsync("Nothing to update. Name images with --image", cancellationToken)
            .ConfigureAwait(false))
        {
            if (run.TryReport(() => record.ToUpdateTarget(), out var target))
            {
                targets.Add(target);
            }
        }

        return UpdateTarget.Merge(targets);
    }
}
