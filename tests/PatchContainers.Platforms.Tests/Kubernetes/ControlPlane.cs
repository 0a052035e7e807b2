using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes;

/// <summary>
/// A real control plane, whose administrator's kubeconfig PATCHCONTAINERS_TEST_KUBECONFIG names; other kubeconfigs lie beside it. Tests skip
/// themselves without.
/// </summary>
internal static class ControlPlane
{
    public static string Folder { get; } = Path.GetDirectoryName(Environment.GetEnvironmentVariable("PATCHCONTAINERS_TEST_KUBECONFIG")) ?? string.Empty;

    /// <summary>The path of a kubeconfig; skips the test where there is none.</summary>
    public static string Kubeconfig(string name)
    {
        Assert.SkipWhen(Folder.Length == 0, "PATCHCONTAINERS_TEST_KUBECONFIG names no kubeconfig of a control plane for tests.");
        var path = Path.Combine(Folder, name + ".kubeconfig");
        Assert.SkipUnless(File.Exists(path), $"There is no {path}.");
        return path;
    }

    public static KubernetesClient Open(string name = "admin", string? context = null, KubernetesClientOptions? options = null) =>
        new(KubeConfig.Read([Kubeconfig(name)]).Context(context), options);

    public static JsonObject Deployment(string name, string image = "registry.example/shop/web:1.0", int replicas = 1) => new()
    {
        ["apiVersion"] = "apps/v1",
        ["kind"] = "Deployment",
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["app"] = name } },
        ["spec"] = new JsonObject
        {
            ["replicas"] = replicas,
            ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name } },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = image }) },
            },
        },
    };
}

/// <summary>A namespace of a test's own in a real control plane, deleted at its end.</summary>
internal sealed class ScratchNamespace : IAsyncDisposable
{
    private ScratchNamespace(KubernetesClient admin, string name) => (Admin, Name) = (admin, name);

    public KubernetesClient Admin { get; }

    public string Name { get; }

    public static Task<ScratchNamespace> CreateAsync(KubernetesClientOptions? options = null) =>
        CreateAsync(ControlPlane.Open(options: options));

    public static async Task<ScratchNamespace> CreateAsync(KubernetesClient admin)
    {
        var name = $"test-{Guid.NewGuid():N}"[..20];
        await admin.CreateAsync(KubernetesResource.Namespaces, null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } },
            KubernetesClient.FieldManager, false, TestContext.Current.CancellationToken);

        // Before its account has a token, the server makes no bare pods.
        while (!await HasTokenAsync(admin, name))
        {
            await Task.Yield();
        }

        return new ScratchNamespace(admin, name);
    }

    private static async Task<bool> HasTokenAsync(KubernetesClient admin, string name)
    {
        await foreach (var account in admin.ListAsync(KubernetesResource.ServiceAccounts, name, null, "metadata.name=default",
            TestContext.Current.CancellationToken))
        {
            return account.Items("secrets").Any();
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        await Admin.DeleteAsync(KubernetesResource.Namespaces, null, Name, null, DeletePropagation.Background, false, CancellationToken.None);
        Admin.Dispose();
    }
}
