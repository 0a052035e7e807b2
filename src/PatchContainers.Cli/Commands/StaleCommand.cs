using System.CommandLine;
using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Staleness;

namespace PatchContainers.Cli.Commands;

/// <summary><c>stale</c>: which images have fallen behind.</summary>
internal static class StaleCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var images = Options.List("--image", "REF", "An image: registry/name:tag, oci:DIR[:TAG], docker-archive:FILE[:REF], docker-daemon:NAME:TAG.",
            ImageReference.Parse);
        var paths = Options.List("--path", "PATH", "Kubernetes manifests and Compose files: a file, or a folder with all below it.",
            text => text);
        var bases = BaseImages();
        var maxAge = Options.Single<TimeSpan?>("--max-age", "DURATION", "The age from which an image is TooOld: 90d, 36h.",
            text => Options.ParseDuration(text));
        var all = Options.Switch("--all", "Fresh images too.");
        var platforms = new WorkloadArguments();
        var stores = new StoreArguments();
        var command = new Command("stale", "Find images that have fallen behind their base, with the evidence. "
            + "Without any of them: every image of the registry map, or the images of piped records.")
        {
            images, paths, bases, maxAge, all,
        };
        platforms.AddTo(command);
        stores.AddTo(command);
        command.SetAction(CommandRun.Action(host, globals, stores, async (run, cancellationToken) =>
        {
            var options = new StaleImageOptions
            {
                Images = run.Parsed.GetValue(images)!,
                Workloads = [.. run.Parsed.GetValue(paths)!.Select(run.Services.Platforms.OpenFiles), .. platforms.Open(run)],
                BaseImages = run.Services.KnownBases(run.Parsed.GetValue(bases)!),
                MaxAge = run.Parsed.GetValue(maxAge),
                IncludeFresh = run.Parsed.GetValue(all),
            };
            if (options.Images.Count + options.Workloads.Count == 0)
            {
                options = run.Services.StoreOptions.RegistryMap.Count > 0
                    ? options with { AllRepositories = true }
                    : await AddPipedAsync(options, run, cancellationToken).ConfigureAwait(false);
            }

            var found = run.Services.StaleImages.FindAsync(options, run.Notices, cancellationToken);
            return await run.WriteAllAsync(found, null, cancellationToken).ConfigureAwait(false);
        }));
        return command;
    }

    /// <summary>The option that <c>update</c> takes too.</summary>
    public static Option<KnownBase[]> BaseImages() => Options.List("--base-image", "NAME[=OLDREF,...]",
        "A base that images without annotation may be built on, and what its name meant before.", KnownBase.Parse);

    private static async Task<StaleImageOptions> AddPipedAsync(StaleImageOptions options, CommandRun run,
        CancellationToken cancellationToken)
    {
        var images = new List<ImageReference>();
        var workloads = new List<IWorkloadSource>();
        const string Missing = "Nothing to look at. Name images with --image, files with --path, clusters with --kubernetes, an "
            + "engine with --docker or --swarm, or a registry's folder with --registry-map";
        await foreach (var record in run.ReadPipeAsync(Missing, cancellationToken).ConfigureAwait(false))
        {
            if (run.TryReport(() => ImageReference.Parse(record.CurrentImage), out var image))
            {
                images.Add(image);
                workloads.Add(new ListedWorkloads(record.Workloads));
            }
        }

        return options with { Images = images, Workloads = workloads };
    }
}
