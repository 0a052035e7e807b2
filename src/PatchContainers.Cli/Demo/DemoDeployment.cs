using System.Security.Cryptography;
using System.Text;

namespace PatchContainers.Cli.Demo;

/// <summary>The files that name the images: Kubernetes manifests and a Compose file, a folder a ring.</summary>
internal sealed class DemoDeployment(DemoWorkspace workspace)
{
    public const string Staging = "staging";

    public const string Production = "production";

    /// <summary>Writes the files. Comments, quotes and blank lines are there to be kept.</summary>
    public void Write()
    {
        foreach (var ring in new[] { Staging, Production })
        {
            var folder = Path.Combine(workspace.Deploy, ring);
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "web.yaml"), Web(ring));
            File.WriteAllText(Path.Combine(folder, "backend.yaml"), Backend(ring));
            File.WriteAllText(Path.Combine(folder, "compose.yaml"), Compose(ring));
        }
    }

    /// <summary>The folder of a ring.</summary>
    public string FolderOf(string ring) => Path.Combine(workspace.Deploy, ring);

    /// <summary>The SHA-256 over names and bytes of all files of a ring, and of all rings together for the folder itself.</summary>
    public string Hash(string? ring = null)
    {
        var folder = ring is null ? workspace.Deploy : FolderOf(ring);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, file).Replace('\\', '/') + "\0"));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The lines of every file, by its path below the folder.</summary>
    public IReadOnlyDictionary<string, string[]> ReadLines() =>
        Directory.EnumerateFiles(workspace.Deploy, "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .ToDictionary(file => Path.GetRelativePath(workspace.Deploy, file).Replace('\\', '/'), File.ReadAllLines);

    /// <summary>How many image references in the files have moved to a patched image.</summary>
    public int CountPatched() => Directory.EnumerateFiles(workspace.Deploy, "*.yaml", SearchOption.AllDirectories)
        .Sum(file => File.ReadLines(file).Count(line => line.Contains("-patched-", StringComparison.Ordinal)));

    private static string Web(string ring) => $$"""
        # The shop's front, {{ring}}.
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          namespace: shop-{{ring}}
        spec:
          replicas: {{(ring == Production ? 3 : 1)}}
          selector: { matchLabels: { app: web } }
          template:
            metadata: { labels: { app: web } }
            spec:
              containers:
              - name: web
                image: {{DemoImages.Web}}   # moved by the patch rollout
                ports: [ { containerPort: 8080 } ]
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web-worker
          namespace: shop-{{ring}}
        spec:
          selector: { matchLabels: { app: web-worker } }
          template:
            metadata: { labels: { app: web-worker } }
            spec:
              containers:
              - name: worker
                image: "{{DemoImages.Web}}"
                args: [ "--worker" ]
        ---
        apiVersion: batch/v1
        kind: CronJob
        metadata:
          name: sitemap
          namespace: shop-{{ring}}
        spec:
          schedule: '15 3 * * *'
          jobTemplate:
            spec:
              template:
                spec:
                  restartPolicy: Never
                  containers:
                  - { name: sitemap, image: '{{DemoImages.Web}}', args: [ "--sitemap" ] }

        """;

    private static string Backend(string ring) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: api
          namespace: shop-{{ring}}
        spec:
          selector: { matchLabels: { app: api } }
          template:
            metadata: { labels: { app: api } }
            spec:
              containers:
              - name: api
                image: {{DemoImages.Api}}
              - name: legacy   # nobody knows what this stands on
                image: {{DemoImages.Legacy}}
        ---
        apiVersion: batch/v1
        kind: CronJob
        metadata:
          name: reports
          namespace: shop-{{ring}}
        spec:
          schedule: "0 6 * * 1"
          jobTemplate:
            spec:
              template:
                spec:
                  restartPolicy: Never
                  containers:
                  - name: reports
                    image: {{DemoImages.Reports}}

        """;

    private static string Compose(string ring) => $$"""
        # The same front on a single host ({{ring}}).
        name: shop-{{ring}}
        services:
          web:
            image: {{DemoImages.Web}}
            restart: always

            ports: ["8080:8080"]

        """;
}
