using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Containers;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>What an owner set is told apart from what the image brought. The documents are an engine's (20.10), cut down.</summary>
public sealed class ImageDefaultsTests
{
    private const string Id = "3f4e8a90d1c2b3a4958677665544332211ffeeddccbbaa998877665544332211";

    private const string Image = """
        {"User": "app", "ExposedPorts": {"8080/tcp": {}}, "Env": ["PATH=/usr/bin", "COLOR=old"], "Cmd": ["serve"], "Entrypoint": ["/start"],
         "Volumes": {"/data": {}}, "WorkingDir": "/srv", "OnBuild": null, "Labels": {"version": "1", "team": "shop"},
         "StopSignal": "SIGQUIT", "Shell": ["/bin/ash", "-c"],
         "Healthcheck": {"Test": ["CMD", "probe"], "Interval": 30000000000, "Retries": 3}}
        """;

    [Theory]
    [InlineData("nothing of its own", """{}""", """{}""")]
    [InlineData("a variable of its own, one changed, one emptied, one taken away",
        """{"Env": ["OWN=1", "COLOR=red", "EMPTY=", "GONE", "PATH=/usr/bin"]}""", """{"Env": ["OWN=1", "COLOR=red", "EMPTY=", "GONE"]}""")]
    [InlineData("arguments of its own", """{"Cmd": ["serve", "-v"]}""", """{"Cmd": ["serve", "-v"]}""")]
    [InlineData("an entry point of its own takes the image's arguments away", """{"Entrypoint": ["/bin/sh"], "Cmd": null}""",
        """{"Entrypoint": ["/bin/sh"], "Cmd": null}""")]
    [InlineData("an entry point of its own, with the words of the image", """{"Entrypoint": ["/bin/sh"]}""",
        """{"Entrypoint": ["/bin/sh"], "Cmd": ["serve"]}""")]
    [InlineData("no entry point", """{"Entrypoint": null, "Cmd": ["ls"]}""", """{"Entrypoint": [""], "Cmd": ["ls"]}""")]
    [InlineData("the image's entry point, said again, so that there are no arguments", """{"Cmd": null}""",
        """{"Entrypoint": ["/start"], "Cmd": null}""")]
    [InlineData("another interval", """{"Healthcheck": {"Test": ["CMD", "probe"], "Interval": 1000000000, "Retries": 3}}""",
        """{"Healthcheck": {"Interval": 1000000000}}""")]
    [InlineData("no health check", """{"Healthcheck": {"Test": ["NONE"], "Interval": 30000000000, "Retries": 3}}""",
        """{"Healthcheck": {"Test": ["NONE"]}}""")]
    [InlineData("labels", """{"Labels": {"version": "1", "team": "other", "own": ""}}""", """{"Labels": {"team": "other", "own": ""}}""")]
    [InlineData("ports and volumes", """{"ExposedPorts": {"8080/tcp": {}, "9/udp": {}}, "Volumes": {"/data": {}, "/own": {}}}""",
        """{"ExposedPorts": {"9/udp": {}}, "Volumes": {"/own": {}}}""")]
    [InlineData("user, folder and signal", """{"User": "0", "WorkingDir": "/", "StopSignal": "SIGINT"}""",
        """{"User": "0", "WorkingDir": "/", "StopSignal": "SIGINT"}""")]
    [InlineData("what nobody here knows", """{"Tty": true, "Future": {"Field": [1, {"deep": null}]}}""",
        """{"Tty": true, "Future": {"Field": [1, {"deep": null}]}}""")]
    public void An_owners_part_is_what_the_image_did_not_bring(string what, string differs, string own)
    {
        var config = With(Image, differs);
        var subtracted = ImageDefaults.Subtract(config, Parse(Image), new HashSet<string>());
        Assert.True(JsonNode.DeepEquals(Parse(own), subtracted), $"{what}: {subtracted.ToJsonString()}");

        // The engine makes the same of it on the same image again.
        var merged = ImageDefaults.Merge(subtracted, Parse(Image));
        foreach (var name in config.Select(p => p.Key).Union(merged.Select(p => p.Key)))
        {
            Assert.True(IsSame(name, config[name], merged[name]), $"{what}: {name} is {merged[name]?.ToJsonString()}");
        }
    }

    [Fact]
    public void A_published_port_is_its_owners_though_the_image_exposes_it_too()
    {
        var own = ImageDefaults.Subtract(With(Image, """{"ExposedPorts": {"8080/tcp": {}, "9/udp": {}}}"""), Parse(Image),
            new HashSet<string> { "8080/tcp" });
        Assert.Equal(["8080/tcp", "9/udp"], own["ExposedPorts"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_new_image_brings_its_own_where_the_owner_set_nothing()
    {
        var own = ImageDefaults.Subtract(With(Image, """{"Env": ["PATH=/usr/bin", "COLOR=old", "OWN=1"]}"""), Parse(Image), new HashSet<string>());
        var merged = ImageDefaults.Merge(own, Parse("""
            {"User": "web", "Env": ["PATH=/bin", "COLOR=new"], "Cmd": ["run"], "WorkingDir": "/opt", "Labels": {"version": "2"},
             "Healthcheck": {"Test": ["CMD", "other"]}}
            """));
        Assert.Equal("""
            {"Env":["OWN=1","PATH=/bin","COLOR=new"],"User":"web","WorkingDir":"/opt","Cmd":["run"],"Labels":{"version":"2"},"Healthcheck":{"Test":["CMD","other"]}}
            """.Trim(), merged.ToJsonString());
    }

    [Theory]
    [InlineData("default", "3f4e8a90d1c2", null, "the container's own id")]
    [InlineData("default", "shop", "shop", "a name of the owner's")]
    [InlineData("host", "machine", null, "the engine's machine")]
    [InlineData("host", "shop", "shop", "a name of the owner's")]
    [InlineData("container:0123456789ab", "other", null, "the other container's")]
    public void A_name_that_the_engine_gave_is_not_carried_over(string network, string hostname, string? carried, string what)
    {
        var body = Blueprint($$"""
            {"Id": "{{Id}}", "Name": "/web", "Config": {"Hostname": "{{hostname}}"}, "HostConfig": {"NetworkMode": "{{network}}"} }
            """);
        Assert.True(carried == body["Hostname"]?.GetValue<string>(), what);
    }

    [Theory]
    [InlineData("1.43", "front")]
    [InlineData("1.44", "back,front")]
    public void Networks_keep_what_the_owner_set_and_lose_what_the_engine_gave(string api, string made)
    {
        const string container = """
            {"Id": "3f4e8a90d1c2b3a4958677665544332211ffeeddccbbaa998877665544332211", "Name": "/web",
             "Config": {"MacAddress": "02:42:ac:11:00:42"}, "HostConfig": {"NetworkMode": "front"},
             "NetworkSettings": {"Networks": {
               "front": {"IPAMConfig": {"IPv4Address": "10.0.0.9"}, "Links": ["db:store"], "Aliases": ["www", "3f4e8a90d1c2"],
                 "NetworkID": "aa", "EndpointID": "bb", "Gateway": "10.0.0.1", "IPAddress": "10.0.0.9", "IPPrefixLen": 24,
                 "MacAddress": "02:42:ac:11:00:42", "DriverOpts": {"a": "b"}, "GwPriority": 5, "DNSNames": ["web"]},
               "back": {"IPAMConfig": null, "Links": null, "Aliases": ["3f4e8a90d1c2"], "NetworkID": "cc", "IPAddress": "10.0.1.7"}}}}
            """;
        var body = Blueprint(container, api);
        var endpoints = body["NetworkingConfig"]!["EndpointsConfig"]!.AsObject();
        Assert.Equal(made, string.Join(',', endpoints.Select(e => e.Key)));
        var isNew = api == "1.44";
        var front = Parse("""
            {"IPAMConfig": {"IPv4Address": "10.0.0.9"}, "Links": ["db:store"], "Aliases": ["www"], "DriverOpts": {"a": "b"},
             "GwPriority": 5}
            """);
        if (isNew)
        {
            front["MacAddress"] = "02:42:ac:11:00:42";
        }

        Assert.True(JsonNode.DeepEquals(front, endpoints["front"]), endpoints["front"]!.ToJsonString());
        Assert.Equal(isNew, body["MacAddress"] is null);
        Assert.Equal("{}", ContainerEndpoints.Of(JsonDocument.Parse(container).RootElement)["back"].ToJsonString());
    }

    [Fact]
    public void Volumes_that_the_engine_made_up_are_named_and_all_others_stay_as_they_are()
    {
        var container = JsonDocument.Parse("""
            {"HostConfig": {"Binds": ["/host:/bound:ro", "named:/named"], "Mounts": [{"Type": "volume", "Target": "/mounted"}]},
             "Mounts": [{"Type": "bind", "Source": "/host", "Destination": "/bound", "RW": false},
               {"Type": "volume", "Name": "named", "Destination": "/named", "RW": true},
               {"Type": "volume", "Name": "1111", "Destination": "/mounted", "RW": true},
               {"Type": "volume", "Name": "2222", "Destination": "/declared", "RW": true},
               {"Type": "volume", "Name": "3333", "Destination": "/named/below", "RW": false},
               {"Type": "volume", "Name": "4444", "Destination": "/borrowed", "RW": true}]}
            """).RootElement;
        Assert.Equal("""
            {"Binds":["/host:/bound:ro","named:/named"],"Mounts":[{"Type":"volume","Target":"/mounted","Source":"1111"},{"Type":"volume","Source":"2222","Target":"/declared"},{"Type":"volume","Source":"3333","Target":"/named/below","ReadOnly":true}]}
            """.Trim(), CarriedVolumes.HostConfig(container, new HashSet<string> { "/borrowed" }).ToJsonString());
    }

    private static JsonObject Blueprint(string container, string api = "1.41")
    {
        Assert.True(DockerApiVersion.TryParse(api, out var version));
        return ContainerBlueprint.Of(JsonDocument.Parse(container).RootElement, new BlueprintParts
        {
            ImageConfig = [],
            BorrowedPlaces = new HashSet<string>(),
            RestartPolicy = new JsonObject { ["Name"] = "no" },
            EngineName = "machine",
            Api = version,
        }, "image", new Dictionary<string, string>());
    }

    private static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();

    private static JsonObject With(string config, string differs)
    {
        var result = Parse(config);
        foreach (var (name, value) in Parse(differs))
        {
            result[name] = value?.DeepClone();
        }

        return result;
    }

    // The order of variables is no part of it; one that the image has comes back.
    private static bool IsSame(string name, JsonNode? one, JsonNode? other) => name == "Env"
        ? ImageDefaults.Texts(one).All(e => ImageDefaults.Texts(other).Contains(e))
        : (ImageDefaults.IsEmpty(one) && ImageDefaults.IsEmpty(other)) || JsonNode.DeepEquals(one, other);
}
