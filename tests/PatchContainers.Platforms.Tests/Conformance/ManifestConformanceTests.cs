using System.Globalization;
using PatchContainers.Images;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;
using PatchContainers.TestKit;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PatchContainers.Platforms.Tests.Conformance;

/// <summary>Manifests, Compose files and templates of other projects, as they were found.</summary>
public sealed class ManifestConformanceTests
{
    /// <summary>Files in which the 'image' lines and the containers' images are two things, and why.</summary>
    private static readonly Dictionary<string, string> Apart = new(StringComparer.Ordinal)
    {
        ["compose/compose-go-loader/compose-test-extends.yaml"] = "its image is in the file that it extends",
        ["compose/compose-go-loader/extends/base.yaml"] = "two services have one image line, by extends",
        ["compose/compose-go-loader/extends/reset.yaml"] = "two services have one image line, by extends",
        ["compose/compose-go-loader/extends/withdir/compose.yaml"] = "its image is in the file that it extends",
        ["compose/compose-go-loader/extends/withdir/dir/compose.yaml"] = "its image is in the file that it extends",
        ["compose/compose-go-loader/remote/cycle/compose-cycle.yaml"] = "it extends a file by a name that only its own test knows",
        ["compose/compose-go-loader/remote/cycle/compose.yaml"] = "it extends a file by a name that only its own test knows",
        ["compose/compose-go-loader/remote/nested/compose.yaml"] = "it extends a file by a name that only its own test knows",
        ["compose/real/clair__docker-compose.yaml"] = "its images are aliases; tested on its own",
        ["compose/schema/compose-spec.json"] = "a JSON schema",
        ["image-lists-copacetic/singlearch/fixtures/test-images.json"] = "a list, and no manifest",
        ["k8s/kubernetes-hack-testdata/invalid-deployment-unknown-and-duplicate-fields.yaml"] = "duplicate keys",
        ["k8s/microshift-test-assets/crd-validation__cr-valid.yaml"] = "an image outside any container",
        ["k8s/microshift-test-assets/olm__catalog-source.yaml"] = "an image outside any container",
        ["k8s/microshift-test-assets/olm__nginx-ok-catalog-source-all.yaml"] = "an image outside any container",
        ["k8s/microshift-test-assets/olm__nginx-ok-catalog-source-single.yaml"] = "an image outside any container",
        ["k8s/quay-deploy/openshift/quayio-frontend-deploy-template.yaml"] = "an image outside any container",
    };

    [Fact]
    public void Every_image_line_is_found_and_nothing_else()
    {
        var (files, images, unreadable) = (0, 0, 0);
        foreach (var path in Files(out var root))
        {
            var name = Path.GetRelativePath(root, path).Replace('\\', '/');
            var lines = ImageLineReader.Read(File.ReadAllText(path)).Order(StringComparer.Ordinal).ToArray();
            try
            {
                // As written: what a container names, before variables are put in.
                var found = WorkloadFile.Load(path, YamlLimits.Default, TestContext.Current.CancellationToken).Bindings
                    .Select(binding => binding.Origin?.Value ?? string.Empty).Order(StringComparer.Ordinal).ToArray();
                if (!Apart.ContainsKey(name) && !found.Contains(string.Empty))
                {
                    Assert.True(lines.SequenceEqual(found),
                        $"{name}: lines {string.Join(" | ", lines)}; found {string.Join(" | ", found)}");
                    images += found.Length;
                    files += found.Length > 0 ? 1 : 0;
                }
                else if (!Apart.ContainsKey(name))
                {
                    // {{ ... }} without quotes is a mapping to YAML: found, and reported as no string.
                    Assert.Equal(lines.Length, found.Length);
                    Assert.All(lines, line => Assert.StartsWith("{{", line));
                }
            }
            catch (PatchException e)
            {
                unreadable++;
                Assert.Contains(path, e.Message);
                Assert.True(e.Code is PatchErrorCode.NotSupported || name.Contains("duplicate"), e.Message);
            }
        }

        Assert.True(files > 300 && images > 430, string.Create(CultureInfo.InvariantCulture, $"{files} files, {images} images"));
        Assert.Equal(6, unreadable);
    }

    [Fact]
    public void The_aliases_of_a_real_compose_file_are_followed()
    {
        var path = Path.Combine(Root(), "compose/real/clair__docker-compose.yaml");
        var images = WorkloadFile.Load(path, YamlLimits.Default, TestContext.Current.CancellationToken).Bindings.ToDictionary(binding =>
            binding.Workload.Name, binding => binding.Workload.Image);
        Assert.Equal("quay.io/projectquay/golang:1.25", images["indexer"]);
        Assert.Equal("docker.io/library/postgres:15", images["clair-database"]);
        Assert.All(images.Values, image => Assert.True(ImageReference.TryParse(image, out _, out _), image));
    }

    [Fact]
    public async Task An_edit_of_any_image_changes_its_span_alone_and_can_be_undone()
    {
        using var files = new FileSet();
        var root = Root();
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            files.Write(Path.GetRelativePath(root, file), File.ReadAllBytes(file));
        }

        var (edited, refused) = (0, 0);
        foreach (var byFile in (await files.ListAsync()).GroupBy(workload => workload.Path))
        {
            var origins = WorkloadFile.Load(byFile.Key, YamlLimits.Default, TestContext.Current.CancellationToken).Bindings
                .ToDictionary(binding => binding.Workload.Id, binding => binding.Origin?.Start);
            var onDisk = true;
            foreach (var shared in byFile.GroupBy(workload => origins[workload.Id]))
            {
                // In memory each; on disk, where a write waits for the disk, one of each file.
                if (onDisk ? await EditAndUndo(files, byFile.Key, [.. shared]) : Edit(byFile.Key, shared.First()))
                {
                    edited++;
                }
                else
                {
                    refused++;
                }

                onDisk = false;
            }
        }

        Assert.True(edited > 420, string.Create(CultureInfo.InvariantCulture, $"{edited} edited, {refused} refused"));
        Assert.InRange(refused, 10, 25);
    }

    [Fact]
    public void Damaged_files_are_read_or_refused_by_name()
    {
        var random = new Random(20260101);
        var (read, refused) = (0, 0);
        foreach (var path in Files(out _))
        {
            var bytes = File.ReadAllBytes(path);
            for (var i = 0; i < 8 && bytes.Length > 0; i++)
            {
                var damaged = bytes[..random.Next(1, bytes.Length + 1)];
                for (var flips = random.Next(4); flips > 0; flips--)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                try
                {
                    _ = WorkloadFile.Read(path, damaged, YamlLimits.Default, TestContext.Current.CancellationToken);
                    read++;
                }
                catch (PatchException e)
                {
                    Assert.Contains(path, e.Message);
                    refused++;
                }
            }
        }

        Assert.True(read > 500 && refused > 500, string.Create(CultureInfo.InvariantCulture, $"{read} read, {refused} refused"));
    }

    // False where it is refused, which is right for variables and for what another file says.
    private static async Task<bool> EditAndUndo(FileSet files, string path, Inventory.Workload[] workloads)
    {
        var before = File.ReadAllBytes(path);
        var newImage = Patched(workloads[0].Image);
        var plan = await files.CheckAsync([.. workloads.Select(workload => FileSet.Change(workload, newImage))]);
        if (plan[0].Status == ChangeStatus.Refused)
        {
            Assert.All(plan, change => Assert.Matches(@"variable|parameter|inherited|its 'build'", change.Detail));
            Assert.Equal(before, File.ReadAllBytes(path));
            return false;
        }

        foreach (var change in plan)
        {
            Assert.Equal(ChangeStatus.Planned, change.Status);
            Assert.Equal(ChangeStatus.Written, (await files.ApplyAsync(change)).Status);
        }

        var after = File.ReadAllBytes(path);
        AssertOneSpan(before, after, workloads[0].Image, newImage, path);
        AssertOneScalar(path, before, after, workloads[0].Image, newImage);
        foreach (var change in plan)
        {
            Assert.Equal(ChangeStatus.RolledBack, (await files.RevertAsync(change)).Status);
        }

        Assert.Equal(before, File.ReadAllBytes(path));
        return true;
    }

    private static bool Edit(string path, Inventory.Workload workload)
    {
        var file = WorkloadFile.Load(path, YamlLimits.Default, TestContext.Current.CancellationToken);
        var binding = file.Bindings.Single(candidate => candidate.Workload.Id == workload.Id);
        if (binding.EditFault.Length > 0)
        {
            return false;
        }

        var newImage = Patched(workload.Image);
        var after = ImageScalarEditor.Edit(file, [(binding, newImage)], YamlLimits.Default, out var fault);
        Assert.Equal(string.Empty, fault);
        AssertOneSpan(file.Source.Bytes.ToArray(), after!, workload.Image, newImage, path);
        AssertOneScalar(path, file.Source.Bytes.ToArray(), after!, workload.Image, newImage);
        var changed = WorkloadFile.Read(path, after, YamlLimits.Default, TestContext.Current.CancellationToken);
        var back = ImageScalarEditor.Edit(changed,
            [(changed.Bindings.Single(candidate => candidate.Workload.Id == workload.Id), workload.Image)], YamlLimits.Default, out _);
        Assert.Equal(file.Source.Bytes.ToArray(), back);
        return true;
    }

    private static string Patched(string image) => ImageReference.TryParse(image, out var reference, out _)
        ? reference.WithTag("1.0-patched-01234567").WithDigest(Digest.Parse(FileSet.Digest)).ToString()
        : FileSet.NewImage;

    private static void AssertOneSpan(byte[] before, byte[] after, string oldImage, string newImage, string path)
    {
        var prefix = before.AsSpan().CommonPrefixLength(after);
        var suffix = 0;
        while (suffix < before.Length - prefix && suffix < after.Length - prefix && before[^(suffix + 1)] == after[^(suffix + 1)])
        {
            suffix++;
        }

        Assert.True(before.Length - prefix - suffix <= oldImage.Length && after.Length - prefix - suffix <= newImage.Length, path);
        Assert.Equal(newImage.Length - oldImage.Length, after.Length - before.Length);
    }

    // With the parser alone, and none of our own reading.
    private static void AssertOneScalar(string path, byte[] before, byte[] after, string oldImage, string newImage)
    {
        var (old, now) = (Events(before), Events(after));
        Assert.Equal(old.Count, now.Count);
        var changed = Enumerable.Range(0, old.Count).Where(i => old[i] != now[i]).ToArray();
        Assert.True(changed.Length == 1, path);
        Assert.Equal((oldImage, newImage), (old[changed[0]].Value, now[changed[0]].Value));
    }

    private static List<(string Kind, string Value)> Events(byte[] bytes)
    {
        var events = new List<(string, string)>();
        var parser = new Parser(new StreamReader(new MemoryStream(bytes)));
        while (parser.MoveNext())
        {
            events.Add((parser.Current!.GetType().Name + (parser.Current as NodeEvent)?.Anchor, (parser.Current as Scalar)?.Value
                ?? (parser.Current as AnchorAlias)?.Value.Value ?? string.Empty));
        }

        return events;
    }

    private static IEnumerable<string> Files(out string root)
    {
        var found = root = Root();
        return Directory.EnumerateFiles(found, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetExtension(path) is ".yaml" or ".yml" or ".json").Order(StringComparer.Ordinal);
    }

    private static string Root()
    {
        var root = ConformanceData.Find("manifests");
        Assert.SkipWhen(root is null, ConformanceData.SkipReason);
        return root!;
    }
}
