using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Stores;

namespace PatchContainers.Cli.Demo;

/// <summary>
/// The images of the demo: a base of July 2023 and the same name in December 2023, and four applications. The package lists are
/// Debian's; every program is a line of text that says so.
/// </summary>
internal sealed class DemoImages(IImageStore store, DemoWorkspace workspace)
{
    public const string Registry = "registry.demo.example";

    public static ImageReference Base { get; } = ImageReference.Parse($"{Registry}/base/debian:12");

    public static ImageReference Web { get; } = ImageReference.Parse($"{Registry}/shop/web:1.4");

    public static ImageReference Reports { get; } = ImageReference.Parse($"{Registry}/shop/reports:2.0");

    public static ImageReference Api { get; } = ImageReference.Parse($"{Registry}/shop/api:3.2");

    public static ImageReference Legacy { get; } = ImageReference.Parse($"{Registry}/shop/legacy:0.9");

    private static readonly Platform[] Platforms = [new("linux", "amd64"), new("linux", "arm64")];

    /// <summary>Writes all of them into the folder that stands for the registry.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        var oldDigest = await WriteAsync(Base, OldBase, cancellationToken).ConfigureAwait(false);
        await WriteAsync(Web, WebImage, cancellationToken).ConfigureAwait(false);
        await WriteAsync(Reports, ReportsImage, cancellationToken).ConfigureAwait(false);
        await WriteAsync(Legacy, LegacyImage, cancellationToken).ConfigureAwait(false);
        // From here on the base's tag names the newer image; the older one stays in its repository without a tag.
        var newDigest = await WriteAsync(Base, NewBase, cancellationToken).ConfigureAwait(false);
        await WriteAsync(Api, ApiImage, cancellationToken).ConfigureAwait(false);

        DemoImageBuilder WebImage(Platform platform) => Application(OldBase(platform), Day(2023, 8, 15), "web").BasedOn(Base, oldDigest);

        DemoImageBuilder ApiImage(Platform platform) => Application(NewBase(platform), Day(2023, 12, 15), "api").BasedOn(Base, newDigest);
    }

    private async Task<Digest> WriteAsync(ImageReference reference, Func<Platform, DemoImageBuilder> build,
        CancellationToken cancellationToken)
    {
        var manifests = new List<Descriptor>();
        foreach (var platform in Platforms)
        {
            manifests.Add(await build(platform).WriteAsync(store, reference, cancellationToken).ConfigureAwait(false));
        }

        return await DemoImageBuilder.WriteIndexAsync(store, reference, manifests, cancellationToken).ConfigureAwait(false);
    }

    private DemoImageBuilder OldBase(Platform platform) => BaseImage(platform, Day(2023, 7, 25), "12.1", workspace.OldPackages);

    private DemoImageBuilder NewBase(Platform platform) => BaseImage(platform, Day(2023, 12, 12), "12.4", workspace.NewPackages);

    private DemoImageBuilder BaseImage(Platform platform, DateTimeOffset created, string version, string packages) =>
        new DemoImageBuilder(platform, created)
            .Layer($"ADD rootfs.tar.xz / # debian {version}", layer => AddSystem(layer, platform, version, packages))
            .Command("bash");

    private static DemoImageBuilder Application(DemoImageBuilder from, DateTimeOffset created, string name) =>
        new DemoImageBuilder(from, created)
        .Layer($"COPY {name} /srv/{name} # buildkit", layer => AddProgram(layer, name))
        .Command($"/srv/{name}/{name}");

    // Built without annotations: only its layers tell what it stands on. It installs a package in a layer of its own, and with it
    // writes the package database, which would hide the new base's.
    private DemoImageBuilder ReportsImage(Platform platform) => new DemoImageBuilder(OldBase(platform), Day(2023, 9, 1))
        .Layer("RUN apt-get update && apt-get install -y --no-install-recommends libxml2", layer =>
        {
            AddParents(layer, "usr", "usr/lib", "var", "var/lib", "var/lib/dpkg");
            layer.AddFile("usr/lib/libxml2.so.2", Placeholder("libxml2"));
            layer.AddFile("var/lib/dpkg/status", For(platform, workspace.OldPackages + workspace.ReportsPackages));
        })
        .Layer("COPY reports /srv/reports # buildkit", layer => AddProgram(layer, "reports"))
        .Command("/srv/reports/reports");

    // Unpacked by hand from somewhere: no annotation, and no layer that any known base has.
    private DemoImageBuilder LegacyImage(Platform platform) => new DemoImageBuilder(platform, Day(2023, 6, 20))
        .Layer("ADD legacy-rootfs.tar / # everything in one", layer =>
        {
            AddSystem(layer, platform, "12.1", workspace.OldPackages);
            AddProgram(layer, "legacy");
        })
        .Command("/srv/legacy/legacy");

    private void AddSystem(LayerWriter layer, Platform platform, string version, string packages)
    {
        AddParents(layer, "etc", "usr", "usr/bin", "usr/lib", "var", "var/lib", "var/lib/dpkg");
        layer.AddSymbolicLink("etc/os-release", "../usr/lib/os-release");
        layer.AddFile("etc/debian_version", version + "\n");
        layer.AddFile("usr/bin/bash", Placeholder("bash"), LayerWriter.DirectoryMode);
        layer.AddFile("usr/bin/curl", Placeholder($"curl of Debian {version}"), LayerWriter.DirectoryMode);
        layer.AddFile("usr/lib/libssl.so.3", Placeholder($"libssl of Debian {version}"));
        layer.AddFile("usr/lib/os-release", workspace.OsRelease);
        layer.AddFile("var/lib/dpkg/status", For(platform, packages));
    }

    private static void AddProgram(LayerWriter layer, string name)
    {
        AddParents(layer, "srv", $"srv/{name}");
        layer.AddFile($"srv/{name}/{name}", Placeholder(name), LayerWriter.DirectoryMode);
    }

    private static void AddParents(LayerWriter layer, params string[] folders)
    {
        foreach (var folder in folders)
        {
            layer.AddDirectory(folder);
        }
    }

    private static string For(Platform platform, string packages) =>
        packages.Replace("@ARCHITECTURE@", platform.Architecture, StringComparison.Ordinal);

    private static string Placeholder(string program) => $"#!/bin/sh\necho 'A placeholder in the place of {program}.'\n";

    private static DateTimeOffset Day(int year, int month, int day) => new(year, month, day, 9, 0, 0, TimeSpan.Zero);
}
